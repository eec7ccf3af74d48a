/**
 * Goal: whatever users of the stock `openstack` command type, it works, or fails as it should.
 * Method: the real program with three simulated hosts and a bridge; clients/session.txt, a
 * command after the other, each with its exit status and a pattern that what it says must
 * match. The client is asked without a version, so by what it has itself: 2.1, and of placement
 * what both know.
 * Mutants that these killed: no `networks` in the catalog's network service; snapshots never
 * active.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { filled, type Line, readSession } from './clients/session.ts';
import { clientMissing, type Ended, Shell } from './clients/shell.ts';
import { type Product, startProduct } from './product.ts';

const COMMANDS_AT_LEAST = 170;
const HOSTS = ['host-1', 'host-2'];
const TRIES = 400;
let product: Product;
let shell: Shell;

before(async () => {
  if (clientMissing !== false) return;
  product = await startProduct({ args: ['--bridge', 'br0=private'] });
  const domain = { OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default' };
  const user = { OS_USERNAME: 'admin', OS_PASSWORD: product.password, OS_PROJECT_NAME: 'admin' };
  const where = { OS_AUTH_URL: `${product.url}/identity/v3`, OS_REGION_NAME: 'RegionOne' };
  shell = new Shell({ ...where, ...user, ...domain, HOME: product.data });
});
after(async () => {
  await shell?.end();
  await product?.stop();
  await product?.clear();
});

test('a session of more than 170 commands goes as it should', { skip: clientMissing }, async () => {
  const session = readSession(
    await readFile(join(import.meta.dirname, 'clients/session.txt'), 'utf8'),
  );
  const file = join(product.data, 'disk.raw');
  await writeFile(file, Buffer.alloc(64 * 1024, 7));
  const names = new Map([
    ['FILE', file],
    ['CONSUMER', '6b1c8a52-1f5f-4d4e-9f6c-0000000000aa'],
  ]);
  const amiss: string[] = [];
  for (const line of session) {
    const complaint = await step(line, names);
    if (complaint !== null) amiss.push(complaint);
  }
  deepEqual(amiss, []);
  const commands = session.filter(({ is }) => is === 'command').length;
  ok(commands >= COMMANDS_AT_LEAST, `only ${commands} commands`);
});

/** Null, or what was typed and what came of it. */
async function step(line: Line, names: Map<string, string>): Promise<string | null> {
  const words = line.words.map((word) => filled(word, names));
  switch (line.is) {
    case 'command': {
      const ended = await shell.run(words);
      const right = ended.exit === line.exit && says(ended, filled(line.says, names));
      return right ? null : told(words, ended, `wanted ${line.exit} and ${line.says}`);
    }
    case 'until': {
      const wanted = filled(line.says, names);
      let ended = await shell.run(words);
      for (let tries = 1; !says(ended, wanted) && tries < TRIES; tries++) {
        ended = await shell.run(words);
      }
      return says(ended, wanted) ? null : told(words, ended, `never became ${wanted}`);
    }
    case 'let': {
      const ended = await shell.run(words);
      const value = ended.out.trim().split('\n')[0] ?? '';
      names.set(line.name, value);
      if (line.name === 'HERE') names.set('ELSEWHERE', HOSTS.find((host) => host !== value) ?? '');
      return ended.exit === 0 && value !== '' ? null : told(words, ended, 'no value');
    }
  }
}

const says = ({ out, err }: Ended, pattern: string): boolean =>
  new RegExp(pattern, 'm').test(`${out}${err}`.trim());

const told = (words: readonly string[], { exit, out, err }: Ended, about: string): string =>
  `openstack ${words.join(' ')}: ${about}; it was ${exit}: ${`${out}${err}`.trim().slice(-600)}`;
