/**
 * Goal: a file of tokens is read whole, or told all that is wrong with it, and never a token.
 * Method: examples, and files with rights that are too wide.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readTokens, tokensIn } from './tokens.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-tokens-'));
after(() => rmSync(directory, { recursive: true }));
const secret = 'Zm9vYmFyLWZvb2Jhci1mb29iYXI';

test('hosts with their tokens, a line each', () => {
  const text = `# rack 1\nh1 ${secret}\n\n  h2.example\t${secret}  \n`;
  deepEqual(tokensIn(text, 'f'), {
    is: 'done',
    value: [
      { host: 'h1', token: secret },
      { host: 'h2.example', token: secret },
    ],
  });
});

test('all that is wrong is told at once, by line, without a token', () => {
  const text = `h1\nh2 ${secret} more\nh3 ${secret}\nh3 ${secret}\nh/4 ${secret}\n`;
  const read = tokensIn(text, 'f');
  ok(read.is === 'no');
  equal(
    read.why,
    'f: line 1 is not HOST TOKEN; line 2 is not HOST TOKEN; line 4: h3 again; ' +
      'line 5 is not HOST TOKEN',
  );
  deepEqual(tokensIn('# none\n', 'f'), { is: 'no', why: 'f has no token in it' });
});

test('a file that others can read is refused, and so is none', () => {
  const path = join(directory, 'tokens');
  writeFileSync(path, `h1 ${secret}\n`, { mode: 0o600 });
  equal(readTokens(path).is, 'done');
  chmodSync(path, 0o640);
  const open = readTokens(path);
  ok(open.is === 'no');
  match(open.why, /can be read by others; chmod 600 it$/);
  const none = readTokens(join(directory, 'none'));
  ok(none.is === 'no');
  match(none.why, /ENOENT.*plimsoll host token/);
});
