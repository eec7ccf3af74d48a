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
import { played } from './clients/played.ts';
import { readSession } from './clients/session.ts';
import { adminOf, clientMissing, Shell } from './clients/shell.ts';
import { type Product, startProduct } from './product.ts';

const COMMANDS_AT_LEAST = 170;
const HOSTS = ['host-1', 'host-2'];
let product: Product;
let shell: Shell;

before(async () => {
  if (clientMissing !== false) return;
  product = await startProduct({ args: ['--bridge', 'br0=private'] });
  shell = new Shell(adminOf(product));
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
  deepEqual(await played({ shell, session, names, hosts: HOSTS }), []);
  const commands = session.filter(({ is }) => is === 'command').length;
  ok(commands >= COMMANDS_AT_LEAST, `only ${commands} commands`);
});
