/**
 * Goal: what the documents tell people to type works.
 * Method: the blocks marked `<!-- run -->` of a document are run by one bash, as a reader's would
 * be, against the real program; when one fails, all that was said is shown.
 */
import { equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { blocks, documents } from '../tools/docs/blocks.ts';
import { type Product, ROOT, startProduct } from './product.ts';

const OPENSTACK = '/usr/bin/openstack';
const missing = existsSync(OPENSTACK) ? false : `${OPENSTACK} is not there`;
if (missing !== false && process.env['CI'] === 'true') throw new Error(missing);

let product: Product;
let folder: string;
before(async () => {
  product = await startProduct();
  // Where a reader would be: in the checkout, with the server's data in `.plimsoll`.
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-reader-'));
  symlinkSync(product.data, join(folder, '.plimsoll'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(ROOT, 'e2e/npx-for-readers'), join(folder, 'bin/npx'));
});
after(async () => {
  await product.stop();
  await product.clear();
  rmSync(folder, { recursive: true });
});

const shown = documents()
  .map(({ path, text }) => ({
    path,
    code: blocks({ path, text })
      .filter(({ runs }) => runs)
      .map(({ code }) => code)
      .join(''),
  }))
  .filter(({ code }) => code !== '');

test('the documents show something to type', () => ok(shown.length > 0));

for (const { path, code } of shown) {
  test(`what ${path} says to type works`, { skip: missing }, () => {
    const PATH = `${join(folder, 'bin')}:/usr/bin:/bin`;
    const { status, stdout, stderr } = spawnSync('bash', ['-eux', '-c', code], {
      cwd: folder,
      env: { PATH, HOME: folder, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    equal(status, 0, `${stdout}${stderr}`);
  });
}
