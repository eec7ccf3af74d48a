/**
 * Goal: each row of the acceptance table, and of the table of moves that fail, is tried by a test
 * that there is, or left out with a reason; rows.md says which.
 * Method: the names of all tests are read from their sources, so that the table cannot drift from
 * them. `PRINT_ROWS=1` writes rows.md anew.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { allSagas } from '../../core/sagas/all.ts';
import { scenarios } from '../scenarios-of-sagas.ts';
import { type Named, named, src } from './named.fixture.ts';
import { asked, elsewhere, leftOut, moves } from './rows.fixture.ts';

const rowsFile = join(src, 'sim/scenarios/rows.md');

const told = (row: string): Named[] => named.filter(({ name }) => name.startsWith(`${row} `));

/** Where a row is tried; empty: nowhere. */
function triedBy(row: string): readonly Named[] {
  const own = told(row);
  const name = elsewhere[row];
  return name === undefined ? own : [...own, ...named.filter((one) => one.name === name)];
}

test('every row is tried, or left out with a reason, and not both', () => {
  deepEqual(
    asked.filter((row) => triedBy(row).length === 0 && leftOut[row] === undefined),
    [],
  );
  deepEqual(
    asked.filter((row) => triedBy(row).length > 0 && leftOut[row] !== undefined),
    [],
  );
  const known = new Set(asked);
  const strange = [...Object.keys(elsewhere), ...Object.keys(leftOut)];
  deepEqual(
    strange.filter((row) => !known.has(row)),
    [],
  );
});

test('a name that is told elsewhere is that of one test', () => {
  for (const name of Object.values(elsewhere)) {
    equal(named.filter((one) => one.name === name).length, 1, name);
  }
});

test('every scenario that names a row names one that there is', () => {
  const known = new Set(asked);
  const rows = named.flatMap(({ name }) => /^ACC-\d+/.exec(name)?.[0] ?? []);
  ok(rows.length > 80, `only ${rows.length}`);
  deepEqual(
    rows.filter((row) => !known.has(row)),
    [],
  );
});

test('every way in which a move can fail is tried', () => {
  for (const [row, ways] of Object.entries(moves)) {
    ok(ways.length > 0, row);
    for (const way of ways) ok(isTried(way), `${row}: ${way}`);
  }
});

function isTried(way: string): boolean {
  if (way.startsWith('left out: ')) return true;
  if (/^ACC-\d+$/.test(way)) return triedBy(way).length > 0;
  const [, scenario, step] = /^every way: (.+)\/(\w+)$/.exec(way) ?? [];
  if (scenario === undefined) return named.some(({ name }) => name === way);
  const saga = scenarios.find(({ name }) => name === scenario)?.saga;
  const found = allSagas.find(({ name }) => name === saga);
  return found?.steps.some(({ name }) => name === step) === true;
}

test('rows.md says the same', () => {
  const text = printed();
  if (process.env['PRINT_ROWS'] === '1') writeFileSync(rowsFile, text);
  equal(readFileSync(rowsFile, 'utf8'), text);
});

function printed(): string {
  const rows = asked.flatMap((row) => {
    const where = triedBy(row).map(({ file, name }) => line(row, name, basename(file)));
    return where.length > 0 ? where : [`| ${row} | left out: ${leftOut[row]} | |`];
  });
  const failing = Object.entries(moves).map(([row, ways]) => `| ${row} | ${ways.join('; ')} |`);
  return [
    '# Which row is which test',
    '',
    'Printed by `rows.test.ts` from the names of the tests.',
    '',
    '## The acceptance table',
    '',
    '| Row | Test | In |',
    '|---|---|---|',
    ...rows,
    '',
    '## Moves that fail',
    '',
    '*Every way* is each mishap at that step: refused, lost before and after it was done, held up,',
    'twice, unanswered, the process dead (`every-way.test.ts`).',
    '',
    '| Row | Tried by |',
    '|---|---|',
    ...failing,
    '',
  ].join('\n');
}

const line = (row: string, name: string, file: string): string =>
  `| ${row} | ${name.startsWith(row) ? name.slice(row.length + 1) : name} | ${file} |`;
