/**
 * Goal: the `plimsoll` command shows the running program's own state, starts quickly, and is found
 * in every way in which people call it.
 * Method: the real command against the real program; what is shown is compared with what the API
 * says. Start-up is the best of several, since other work shares the machine.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { type Api, apiOf, type Product, ROOT, startProduct, until } from './product.ts';

const COMMAND = join(ROOT, 'tools/plimsoll');
const START_MS_MAX = 150;
const TRIES = 7;

let product: Product;
let api: Api;
before(async () => {
  product = await startProduct();
  api = await apiOf(product);
});
after(async () => {
  await product.stop();
  await product.clear();
});

const call = (...args: string[]) =>
  spawnSync(COMMAND, args, {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', OS_CLIENT_CONFIG_FILE: product.cloudsYaml, NO_COLOR: '1' },
  });

async function createServer(name: string, flavorRef: string): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name, flavorRef, imageRef: images[0].id, networks: 'none' };
  const { body } = await api('POST', '/compute/v2.1/servers', { server });
  return body.server.id;
}

const operationOf = async (server: string) =>
  (await api('GET', `/plimsoll/v1/operations?server=${server}`)).body.operations[0];

test('hosts, servers and operations are those of the API', async () => {
  const uuid = await createServer('first', '1');
  const { id } = await operationOf(uuid);
  const watched = call('operation', 'watch', id);
  equal(watched.status, 0, watched.stderr);
  match(watched.stdout, /boot +done on host-\d\n.*active +done\ncreate-server \S+: done\n$/s);

  const { hosts } = (await api('GET', '/plimsoll/v1/hosts')).body;
  deepEqual(JSON.parse(call('host', 'list', '--format', 'json').stdout), hosts);
  const { servers } = (await api('GET', '/plimsoll/v1/servers')).body;
  deepEqual(JSON.parse(call('server', 'list', '--format', 'json').stdout), servers);
  match(call('server', 'list').stdout, new RegExp(`${uuid}  first +active`));
  match(call('operation', 'list').stdout, new RegExp(`${id}  create-server +${uuid}  done`));
});

test('a screenshot is a file, and of what is off there is none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-screen-'));
  const file = join(directory, 'seen.png');
  const uuid = await createServer('seen', '1');
  call('operation', 'watch', (await operationOf(uuid)).id);
  const shot = call('screenshot', 'seen', '--out', file, '--format', 'json');
  equal(shot.status, 0, shot.stderr);
  const png = readFileSync(file);
  deepEqual(JSON.parse(shot.stdout), { file, size_bytes: png.length });
  equal(png.toString('latin1', 1, 4), 'PNG');
  await api('POST', `/compute/v2.1/servers/${uuid}/action`, { 'os-stop': null });
  call('operation', 'watch', (await operationOf(uuid)).id);
  const off = call('screenshot', 'seen', '--out', file);
  equal(off.status, 1);
  match(off.stderr, /409: Cannot 'screenshot' instance .* in state stopped/);
  match(call('screenshot', 'nobody', '--out', file).stderr, /there is no server 'nobody'/);
  rmSync(directory, { recursive: true });
});

test('a refused server is explained, by its name', async () => {
  const giant = { name: 'giant', vcpus: 500, ram: 512, disk: 1, id: 'giant' };
  await api('POST', '/compute/v2.1/flavors', { flavor: giant });
  const uuid = await createServer('second', 'giant');
  await until(
    () => operationOf(uuid),
    ({ state }) => state === 'undone',
  );
  const { status, stdout } = call('explain', 'second');
  equal(status, 0);
  match(stdout, /500 VCPU/);
  match(stdout, /capacity +3 +0\n/);
  match(stdout, /host-1 +capacity +500 +\d+/);
});

test('what is wrong is one line on standard error', () => {
  const { status, stdout, stderr } = call('explain', 'nobody');
  deepEqual([status, stdout], [1, '']);
  match(stderr, /^plimsoll: 'nobody' is no explanation.*\n$/);
});

test('it is found through links and by npx, from elsewhere', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-link-'));
  context.after(() => rmSync(folder, { recursive: true }));
  symlinkSync(COMMAND, join(folder, 'a'));
  symlinkSync('a', join(folder, 'b'));
  const said = spawnSync(join(folder, 'b'), ['--version'], { cwd: folder, encoding: 'utf8' });
  match(said.stdout, /^\d+\.\d+\.\d+\n$/, said.stderr);
  const npx = spawnSync('npx', ['plimsoll', '--version'], { cwd: ROOT, encoding: 'utf8' });
  equal(npx.stdout, said.stdout, npx.stderr);
});

test(`help and version take less than ${START_MS_MAX} ms`, (context) => {
  for (const flag of ['--version', '--help']) {
    const spent = Array.from({ length: TRIES }, () => {
      const began_ms = performance.now();
      equal(call(flag).status, 0);
      return performance.now() - began_ms;
    });
    const best_ms = Math.round(Math.min(...spent));
    context.diagnostic(`${flag}: ${best_ms} ms`);
    ok(best_ms < START_MS_MAX, `${flag} took ${best_ms} ms at best`);
  }
});
