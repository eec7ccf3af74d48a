/**
 * Goal: `npm start` is a good guest in a shell: it stops at any way of telling it to, with 0; it
 * serves a user who may not write in the checkout; what is wrong is one line.
 * Method: the commands as people type them, in processes of their own, on directories of their own.
 */
import { equal, match } from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ROOT } from './product.ts';

const BOOTSTRAP = join(ROOT, 'tools/bootstrap.mjs');
const NOBODY = 65_534;

function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'plimsoll-bootstrap-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Waits until it is up; a program that ends before that is a failure. */
function up(program: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    for (const stream of [program.stdout, program.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ctrl-C stops it')) resolve();
      });
    }
    program.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

const ended = (program: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => program.once('exit', (code) => resolve(code)));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`npm start ends with 0 at ${signal}, to it alone or to all of its group`, async (context) => {
    const data = folder(context);
    for (const whom of ['alone', 'group'] as const) {
      const args = ['start', '--silent', '--', '--port', '0', '--data', data];
      const program = spawn('npm', args, { cwd: ROOT, detached: true });
      await up(program);
      const end = ended(program);
      process.kill(whom === 'group' ? -(program.pid as number) : (program.pid as number), signal);
      equal(await end, 0, whom);
    }
  });
}

test('a user who may not write in the checkout starts it from anywhere', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('only root can be somebody else');
  const home = folder(context);
  chmodSync(home, 0o755);
  chownSync(home, NOBODY, NOBODY);
  const before = readdirSync(ROOT).toSorted().join();
  const program = spawn(process.execPath, [BOOTSTRAP, 'start', '--port', '0'], {
    cwd: home,
    uid: NOBODY,
    gid: NOBODY,
    env: { PATH: '/usr/bin:/bin', HOME: home },
  });
  await up(program);
  const end = ended(program);
  program.kill('SIGINT');
  equal(await end, 0);
  equal(existsSync(join(home, '.plimsoll/clouds.yaml')), true);
  equal(readdirSync(ROOT).toSorted().join(), before);
  return undefined;
});

test('an unknown verb is one line, and 1', () => {
  const { status, stderr } = spawnSync(process.execPath, [BOOTSTRAP, 'fly'], { encoding: 'utf8' });
  equal(status, 1);
  match(stderr, /^plimsoll: unknown verb 'fly'; one of start, [^\n]+\n$/);
});
