/**
 * Goal: the console works for a person: in a real browser, by keyboard, light and dark, live.
 * Method: the real program and Debian's Chromium; things are found as a person finds them, by role
 * and name; what happens is caused through the public API, and awaited on the page.
 */
import { equal, match, ok } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Api, apiOf, type Product, startProduct, until } from './product.ts';

const CHROMIUM = '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not there: apt-get install chromium`;
if (missing !== false && process.env['CI'] === 'true') throw new Error(missing);

let product: Product;
let api: Api;
let browser: Browser;

if (missing === false) {
  before(async () => {
    product = await startProduct();
    api = await apiOf(product);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  });
  after(async () => {
    await browser?.close();
    await product?.stop();
    await product?.clear();
  });
}

async function open(scheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({ colorScheme: scheme });
  const page = await context.newPage();
  await page.goto(product.url);
  await page.getByLabel('Password').fill(product.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Fleet' }).waitFor();
  return page;
}

async function createServer(name: string, flavor: object): Promise<string> {
  const made = await api('POST', '/compute/v2.1/flavors', {
    flavor: { name: `f-${name}`, ram: 1024, vcpus: 1, disk: 1, ...flavor },
  });
  equal(made.status, 200, JSON.stringify(made.body));
  const { images } = (await api('GET', '/image/v2/images')).body;
  const created = await api('POST', '/compute/v2.1/servers', {
    server: {
      name,
      flavorRef: made.body.flavor.id,
      imageRef: images[0].id,
      networks: 'none',
    },
  });
  equal(created.status, 202, JSON.stringify(created.body));
  return created.body.server.id;
}

test('a wrong password is refused in words', { skip: missing }, async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(product.url);
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Log in' }).click();
  match((await page.getByRole('alert').textContent()) ?? '', /do not go together/);
  await page.context().close();
});

test('the map shows three hosts, and a new server as soon as it is there', {
  skip: missing,
}, async () => {
  const page = await open();
  await page.getByRole('article').nth(2).waitFor();
  equal(await page.getByRole('article').count(), 3);
  const uuid = await createServer('seen-live', {});
  await page.getByRole('link', { name: 'seen-live' }).waitFor();
  await page.getByRole('link', { name: 'seen-live' }).click();
  await page.getByText('active', { exact: true }).waitFor();
  equal(new URL(page.url()).pathname, `/servers/${uuid}`);
  await page.getByRole('link', { name: 'Why it went there' }).click();
  await page.getByRole('heading', { name: 'What weighed for it' }).waitFor();
  await page.getByText('2 of 3', { exact: false }).or(page.getByText('3 of 3')).first().waitFor();
  await page.context().close();
});

test('a live migration is asked for, and followed step by step', { skip: missing }, async () => {
  await createServer('moving', {});
  const page = await open();
  await page.getByRole('link', { name: 'moving' }).click();
  const migrate = page.getByRole('button', { name: 'Live-migrate' });
  await until(
    () => migrate.isEnabled(),
    (enabled) => enabled,
  );
  await migrate.click();
  await page.getByRole('link', { name: 'live-migrate' }).click();
  await page.getByRole('heading', { name: 'live-migrate' }).waitFor();
  const steps = page.getByRole('list', { name: 'steps' }).getByRole('listitem');
  await steps.filter({ hasText: 'settled' }).getByText('done', { exact: true }).waitFor();
  match((await steps.allTextContents()).join(' '), /fence.*claim.*landing.*switchover.*release/);
  await page.context().close();
});

test('until when a guest is sent is shown, how far it is, and that it runs there already', {
  skip: missing,
}, async () => {
  const uuid = await createServer('sent', { ram: 4096 });
  await until(
    async () => (await api('GET', `/compute/v2.1/servers/${uuid}`)).body.server.status,
    (status) => status === 'ACTIVE',
  );
  const page = await open();
  const deadline = { deadline_s: 3, at_deadline: 'post-copy' };
  const begun = await api('POST', `/plimsoll/v1/servers/${uuid}/migrate`, deadline);
  equal(begun.status, 200, JSON.stringify(begun.body));
  await page.goto(`${product.url}/operations/${begun.body.operation.id}`);
  const facts = page.locator('.facts');
  await facts.getByText('3 s from its beginning: it goes on over there then').waitFor();
  await facts.getByText(/^pass 1, \d+ MiB sent, .* s to go; until \d+:\d\d:\d\d/).waitFor();
  await facts
    .getByText(/^it runs there already, and fetches \d+ MiB, about \d+ s to go$/)
    .waitFor();
  const steps = page.getByRole('list', { name: 'steps' }).getByRole('listitem');
  await steps.filter({ hasText: 'settled' }).getByText('done', { exact: true }).waitFor();
  equal(await facts.getByText('Sends').count(), 0);
  await page.context().close();
});

test('a screenshot is taken and shown', { skip: missing }, async () => {
  await createServer('seen', {});
  const page = await open();
  await page.getByRole('link', { name: 'seen', exact: true }).click();
  const take = page.getByRole('button', { name: 'Take a screenshot' });
  await until(
    () => take.isEnabled(),
    (enabled) => enabled,
  );
  await take.click();
  const picture = page.getByRole('img', { name: 'The screen of seen' });
  await picture.waitFor();
  const width = await picture.evaluate(
    (image) => (image as { naturalWidth?: number }).naturalWidth,
  );
  equal(width, 48);
  await page.context().close();
});

test('the console says how many more of a flavor fit', { skip: missing }, async () => {
  const page = await open();
  await page.getByRole('link', { name: 'Room' }).click();
  await page.getByLabel('Flavor, by name or id').fill('1');
  await page.getByRole('button', { name: 'Count' }).click();
  await page.getByRole('heading', { name: 'After a loss' }).waitFor();
  match((await page.locator('.summary').textContent()) ?? '', /^[1-9]\d* more, on 3 of 3 hosts/);
  match((await page.getByRole('row', { name: /^host host-/ }).textContent()) ?? '', /\d/);
  await page.context().close();
});

test('a server that fits nowhere leads to its explanation', { skip: missing }, async () => {
  await createServer('giant', { vcpus: 500, ram: 8_000_000 });
  const page = await open();
  await page.getByRole('navigation').getByRole('link', { name: 'Servers' }).click();
  await page.getByRole('link', { name: 'giant' }).click();
  await page.getByRole('link', { name: 'Why, host by host' }).click();
  await page.getByRole('heading', { name: 'Hosts left after each filter' }).waitFor();
  equal(await page.getByRole('table').getByRole('row').count(), 1 + 3);
  await page.context().close();
});

test('everything is reached with the keyboard alone', { skip: missing }, async () => {
  const page = await open();
  await page.getByRole('article').first().waitFor();
  const reached: string[] = [];
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab');
    reached.push(await page.evaluate(() => document.activeElement?.textContent ?? ''));
  }
  for (const name of ['Skip to the page', 'Fleet', 'Servers', 'Operations', 'Log out']) {
    ok(reached.includes(name), `${name} was not reached: ${reached.join(', ')}`);
  }
  await page.getByRole('article').first().getByRole('link').first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Room' }).waitFor();
  await page.context().close();
});

test('light and dark have grounds and inks that can be read', { skip: missing }, async () => {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await open(scheme);
    const { ink, ground } = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return { ink: style.color, ground: style.backgroundColor };
    });
    ok(contrast(ink, ground) >= 7, `${scheme}: ${ink} on ${ground}`);
    equal(luminance(ground) > 0.5, scheme === 'light');
    await page.context().close();
  }
});

/** WCAG's relative luminance of a colour such as `rgb(16, 23, 29)`. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number).map((part) => {
    const c = part / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

// Audits happen by themselves, too: nothing here hangs on which of them was first.
test('an audit is asked for, what it put right is put back, and who claimed is told', {
  skip: missing,
}, async () => {
  const uuid = await createServer('audited', {});
  const { server } = await until(
    async () => (await api('GET', `/compute/v2.1/servers/${uuid}`)).body,
    (body) => body.server.status === 'ACTIVE',
  );
  const page = await open();
  await page.goto(`${product.url}/hosts/${server['OS-EXT-SRV-ATTR:host']}`);
  const claim = page.getByRole('region', { name: 'Held by' }).getByRole('row', { name: 'audited' });
  await claim.getByRole('link', { name: /^step / }).waitFor();
  await allocate('eeeeeeee-0000-4000-8000-000000000001', server['OS-EXT-SRV-ATTR:host']);
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await page.getByRole('button', { name: 'Look, and change nothing' }).click();
  await page.getByText('3 hosts: 0 would be put right, 1 left.').waitFor();
  const at = `/placement/allocations/${uuid}`;
  equal((await api('DELETE', at)).status, 204);
  await page.getByRole('button', { name: 'Audit all hosts now' }).click();
  await page.getByRole('button', { name: 'Put back' }).first().waitFor();
  equal(Object.keys((await api('GET', at)).body.allocations).length, 1);
  await page.getByRole('button', { name: 'Put back' }).first().click();
  await page.getByText(/^Put back: /).waitFor();
  await page.context().close();
});

/** As a stranger might, through Placement. */
async function allocate(consumer: string, host: string): Promise<void> {
  const { body } = await api('GET', `/placement/resource_providers?name=${host}`);
  const allocations = { [body.resource_providers[0].uuid]: { resources: { MEMORY_MB: 1 } } };
  const about = { project_id: 'p', user_id: 'u', consumer_generation: null, consumer_type: 'X' };
  const put = await api('PUT', `/placement/allocations/${consumer}`, { allocations, ...about });
  equal(put.status, 204, JSON.stringify(put.body));
}
