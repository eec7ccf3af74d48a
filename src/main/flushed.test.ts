/**
 * Goal: a program that another program reads from is heard to its last line, though it then exits.
 * Method: more lines than a socket holds, to a reader that begins late (execFile's pipe is one).
 * Without `flushed` some two hundred of them arrive.
 */
import { equal } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { promisify } from 'node:util';

const LINES = 5_000;

test('every line arrives before the process is gone', async () => {
  const module = import.meta.filename.replace(/\.test(?=\.\w+$)/, '');
  const program = `
    const { flushed } = await import(${JSON.stringify(module)});
    for (let at = 0; at < ${LINES}; at++) process.stdout.write('host-' + at + ' token\\n');
    await flushed(process.stdout);
    process.exit(0);`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  equal(stdout.trimEnd().split('\n').length, LINES);
});
