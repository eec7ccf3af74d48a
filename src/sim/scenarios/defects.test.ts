/**
 * Goal: each defect that is known from elsewhere has a test here that it does not have; defects.md
 * says which.
 * Method: as rows.test.ts, from the names of the tests. `PRINT_ROWS=1` writes defects.md anew.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { defects } from './defects.fixture.ts';
import { type Named, named, src } from './named.fixture.ts';

const page = join(src, 'sim/scenarios/defects.md');
const idsIn = (name: string): readonly string[] => name.match(/\bD-(?:RT|NU|PC)\d+/g) ?? [];

/** Where a defect is tried; empty: nowhere. */
function triedBy(id: string): readonly Named[] {
  const more = defects[id]?.more ?? [];
  return named.filter(({ name }) => idsIn(name).includes(id) || more.includes(name));
}

test('every defect is tried, and every test that names one names one that there is', () => {
  deepEqual(
    Object.keys(defects).filter((id) => triedBy(id).length === 0),
    [],
  );
  const strange = named.flatMap(({ name }) => idsIn(name)).filter((id) => !(id in defects));
  deepEqual(strange, []);
});

test('a name that is told as well is that of one test', () => {
  for (const name of Object.values(defects).flatMap(({ more = [] }) => more)) {
    equal(named.filter((one) => one.name === name).length, 1, name);
  }
});

test('defects.md says the same', () => {
  const text = printed();
  if (process.env['PRINT_ROWS'] === '1') writeFileSync(page, text);
  equal(readFileSync(page, 'utf8'), text);
});

function printed(): string {
  const rows = Object.entries(defects).flatMap(([id, { wrong }]) =>
    triedBy(id).map(
      ({ name, file }) => `| ${id} | ${wrong} | ${plain(name)} | ${basename(file)} |`,
    ),
  );
  return [
    '# Known defects, and the tests that ours has none of them',
    '',
    'Printed by `defects.test.ts` from the names of the tests.',
    '',
    '| Defect | What goes wrong elsewhere | Test | In |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Without the row and the ids that it begins with. */
const plain = (name: string): string => name.replace(/^(?:ACC-\d+ )?D-[^:]*: /, '');
