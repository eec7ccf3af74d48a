/**
 * Goal: each rule refuses what it is there for, names the way out, and lets good code be.
 * Method: a bad sample and a good one for every rule, as the file they would stand in.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { logs } from './logs.ts';
import { sizes } from './sizes.ts';
import { read } from './source.ts';
import { cycles, walls } from './walls.ts';
import { words } from './words.ts';

const HEADER = '/** What it is for. */\n';
const CORE = 'src/core/ledger/sample.ts';

const said = (findings: readonly { message: string }[]): string =>
  findings.map(({ message }) => message).join('\n');
const wordsIn = (code: string, path = CORE): string => said(words(read(path, HEADER + code)));
/** A template with that in it. */
const filled = (code: string): string => ['`', '{', '}`'].join('').replace('{', `\${${code}`);
const wallsOf = (path: string, code: string): string => said(walls(read(path, HEADER + code)));
const sizesOf = (code: string): string => said(sizes(read(CORE, code)));

test('the pure rings may not say what differs from run to run', () => {
  const bad: readonly (readonly [string, RegExp])[] = [
    ['Date.now();', /ports\/clock/],
    ['new Date();', /ports\/clock/],
    ['Date();', /ports\/clock/],
    ['performance.now();', /ports\/clock/],
    ['at.getTimezoneOffset();', /ports\/clock/],
    ['Math.random();', /ports\/entropy/],
    ['new Intl.Collator();', /base\/order/],
    ["a.localeCompare('b');", /base\/order/],
    ['n.toLocaleString();', /base\/order/],
    ['new WeakRef(row);', /drop it yourself/],
    ['new FinalizationRegistry(drop);', /drop it yourself/],
  ];
  for (const [code, instead] of bad) {
    match(wordsIn(code), instead, code);
    match(wordsIn(code, 'src/sim/sample.ts'), instead, code);
    deepEqual(wordsIn(code, 'src/real/sample.ts'), '', `${code} is fine where the world is real`);
  }
});

test('words in comments and text, and dates made from rows, are fine', () => {
  const fine = [
    '// Date.now() and Math.random() are refused',
    "const said = 'Date.now()';",
    'new Date(row.created_at_ms).toISOString();',
    'names.toSorted(byText);',
    'const hours = { now: 1 }.now;',
  ];
  for (const code of fine) deepEqual(wordsIn(code), '', code);
});

test('only where processes begin is the environment read', () => {
  const bad = [
    'const all = process.env;',
    'const { env } = process;',
    "const one = process['env'].HOME;",
    "import { env } from 'node:process';",
  ];
  for (const code of bad) {
    match(wordsIn(code, 'src/real/sample.ts'), /core\/config/, code);
    deepEqual(wordsIn(code, 'src/real/sample.test.ts'), '', code);
    deepEqual(wordsIn(code, 'src/main/cli.ts'), '', code);
  }
  deepEqual(wordsIn("import { argv } from 'node:process';", 'src/real/sample.ts'), '');
});

test('tests neither sleep nor shut the others out', () => {
  const inTest = (code: string) => wordsIn(code, 'src/real/sample.test.ts');
  match(inTest('setTimeout(next, 100);'), /never sleeps/);
  match(inTest("import { setTimeout } from 'node:timers/promises';"), /never sleeps/);
  match(inTest("test.only('this', run);"), /take `.only` away/);
  deepEqual(inTest("test('this', run);"), '');
});

test('rings and rooms import what is below them, and nothing else', () => {
  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['src/core/ledger/a.ts', "import { b } from '../servers/b.ts';", /not below/],
    ['src/core/servers/a.ts', "import { b } from '../scheduler/b.ts';", /not below/],
    ['src/core/sagas/a.ts', "import { b } from '../api/b.ts';", /not below/],
    ['src/core/base/a.ts', "import type { B } from '../ports/b.ts';", /not below/],
    ['src/core/api/a.ts', "import { b } from '../sagas/operations.ts';", /not below/],
    ['src/core/ledger/a.ts', "import { b } from '../replica.ts';", /not below/],
    ['src/core/scheduler/a.ts', "import { b } from '../servers/lifecycle.ts';", /not below/],
    ['src/core/pantry/a.ts', "import { b } from '../base/b.ts';", /without a level/],
    ['src/core/ledger/a.ts', "import { b } from '../../real/b.ts';", /core must not see real/],
    ['src/core/ledger/a.ts', "import fs from 'node:fs';", /must not import node:fs/],
    ['src/sim/a.ts', "import { b } from 'pino';", /must not import pino/],
    ['src/sim/a.ts', "import { b } from '../real/b.ts';", /sim must not see real/],
    ['src/real/a.ts', "import { b } from '../sim/b.ts';", /real must not see sim/],
    ['src/cli/a.ts', "import { b } from '../real/b.ts';", /cli must not see real/],
    ['src/cli/a.ts', "await import('../main/b.ts');", /nothing may import src\/main/],
    ['src/cli/a.ts', "export * from '../real/b.ts';", /cli must not see real/],
    ['web/pages/a.tsx', "import { b } from '../../src/real/b.ts';", /web must not see real/],
    ['web/pages/a.tsx', "import { b } from '../../src/sim/b.ts';", /web must not see sim/],
    ['src/sim/a.test.ts', "import { b } from '../main/b.ts';", /nothing may import src\/main/],
  ];
  for (const [path, code, why] of bad) match(wallsOf(path, code), why, `${path}: ${code}`);
});

test('imports that point down are fine', () => {
  const fine: readonly (readonly [string, string])[] = [
    ['src/core/ledger/a.ts', "import { b } from '../base/b.ts';"],
    ['src/core/ledger/a.ts', "import { b } from './b.ts';"],
    ['src/core/sagas/a.ts', "import { b } from '../servers/b.ts';"],
    ['src/core/api/compute/a.ts', "import { b } from '../http.ts';"],
    ['src/core/api/a.ts', "import type { B } from '../sagas/operations.ts';"],
    ['src/core/scheduler/a.ts', "import { hosts } from '../fleet/rows.ts';"],
    ['src/core/replica.ts', "import { b } from './sagas/b.ts';"],
    ['src/core/api/a.ts', "import { Type } from 'typebox';"],
    ['src/core/ledger/a.test.ts', "import { b } from '../../sim/b.ts';"],
    ['src/core/ledger/a.fixture.ts', "import * as fc from 'fast-check';"],
    ['src/sim/a.ts', "import { b } from '../core/ports/b.ts';"],
    ['src/real/a.ts', "import fs from 'node:fs';"],
    ['src/main/a.ts', "import { b } from '../sim/b.ts';\nimport { c } from '../real/c.ts';"],
    ['web/demo.ts', "import { b } from '../src/sim/b.ts';"],
  ];
  for (const [path, code] of fine) deepEqual(wallsOf(path, code), '', `${path}: ${code}`);
});

test('files that import each other in a ring are refused, unless only types do', () => {
  const three = (last: string) => [
    read('src/real/a.ts', "import { b } from './b.ts';"),
    read('src/real/b.ts', "import { c } from './c.ts';"),
    read('src/real/c.ts', last),
  ];
  match(
    said(cycles(three("import { a } from './a.ts';"))),
    /a\.ts ─► .*b\.ts ─► .*c\.ts ─► .*a\.ts/,
  );
  deepEqual(cycles(three("import type { A } from './a.ts';")), []);
  deepEqual(cycles(three('')), []);
});

test('files, functions and lines have their limits, and files a first sentence', () => {
  match(sizesOf('export const a = 1;\n'), /open with a comment/);
  match(sizesOf(`${HEADER}${'export {};\n'.repeat(400)}`), /401 lines/);
  match(sizesOf(`${HEADER}// ${'─'.repeat(98)}\n`), /over 100 columns/);
  const body = (lines: number) => `{\n${'  step();\n'.repeat(lines - 2)}}`;
  const long = [
    `function f() ${body(61)}`,
    `const f = () => ${body(61)};`,
    `class A { f() ${body(61)} }`,
    `const table = { f: () => ${body(61)} };`,
    `test('it', () => ${body(61)});`,
  ];
  for (const code of long) match(sizesOf(HEADER + code), /61 lines; at most 60/, code.slice(0, 30));
});

test('what keeps the limits is fine', () => {
  deepEqual(sizesOf(`#!/usr/bin/env node\n${HEADER}`), '');
  deepEqual(sizesOf(`${HEADER}${'export {};\n'.repeat(399)}`), '');
  deepEqual(sizesOf(`${HEADER}// ${'─'.repeat(97)}\n`), '', 'columns, not bytes');
  const wide = `const table = [${'1, '.repeat(30)}];`;
  deepEqual(sizesOf(`${HEADER}const text = '${'x'.repeat(100)}';\n`), '');
  match(sizesOf(`${HEADER}// '${'x'.repeat(100)}'\n`), /over 100 columns/);
  deepEqual(sizesOf(`${HEADER}// biome-ignore format: a table\n${wide}\n`), '');
  match(sizesOf(`${HEADER}// biome-ignore format: a table\n\n${wide}\n`), /over 100 columns/);
  const steps = '  step();\n'.repeat(58);
  deepEqual(sizesOf(`${HEADER}function f() {\n${steps}}\n`), '');
  ok(sizesOf(`${HEADER}function f() {\n${steps}  step();\n}\n`).includes('f has 61 lines'));
});

test('the log is told nothing that is secret, sent by users, or not named', () => {
  const logsOf = (code: string, path = CORE): string => said(logs(read(path, HEADER + code)));
  const bad: readonly (readonly [string, RegExp])[] = [
    ["journal.info('login', { user_id, reason: password });", /password has no place/],
    ["this.#journal.warn('x', { message: JSON.stringify(request.body) });", /body has no place/],
    ["parts.journal.error('x', { key: request.headers['x-auth-token'] });", /headers has no place/],
    ["journal.warn('device', { address, to: row.holder });", /holder has no place/],
    ["journal.warn('device', { uuid: hold.consumer_uuid });", /consumer_uuid has no place/],
    ["journal.warn('device', { address, server_uuid });", /whose a device is/],
    ["this.#about.journal.warn('x', { host, ...why });", /one by one/],
    ["journal.warn('x', facts);", /one by one/],
    ['journal.warn(sent);', /there and then/],
    // Under other names.
    ["journal.warn('x', { message: guest.userData });", /userData has no place/],
    ["journal.warn('x', { message: server.adminPass });", /adminPass has no place/],
    ["journal.warn('x', { message: JSON.stringify(request) });", /stringify\(request\)/],
    [`journal.warn('x', { message: ${filled('order.user_data')} });`, /user_data has no place/],
    ["const why = request.body; journal.warn('x', { why });", /body has no place/],
    ["const { user_data: why } = row; journal.warn('x', { why });", /user_data has no place/],
    [`const a = asked.token; const b = ${filled('a')}; journal.info('x', { is: b });`, /token/],
    // Past the rule.
    ["const { warn } = this.#journal; warn('x', { token });", /by its name/],
    ["const say = about.journal; say.warn('x', { token });", /by its name/],
    ["const say = journal.warn; say('x', { token });", /by its name/],
    ['use({ log: this.#parts.journal });', /by its name/],
    ["journal['warn']('x', { token });", /by its name/],
    ["log.warn('x', { token });", /by its name/],
    ['console.log(token);', /only the programs print/],
    ['process.stderr.write(line);', /only the programs print/],
  ];
  for (const [code, why] of bad) match(logsOf(code), why, code);
  const main = 'src/main/sample.ts';
  match(logsOf(`console.log(${filled('user.password')});`, main), /password has no place/);
  const good = [
    "journal.warn('host.silent', { host: host.name, message: String(bug) });",
    "const { journal, host } = this.#about; journal.warn('x', { host });",
    "use({ journal: this.#parts.journal }); journal.error('http.bug');",
    "const message = error.message; journal.warn('x', { message });",
    "const run = { ...row, owner }; journal.info('x', { run_id: run.id });",
  ];
  for (const code of good) deepEqual(logsOf(code), '', code);
  deepEqual(logsOf("console.log('the password is wrong');", main), '');
});
