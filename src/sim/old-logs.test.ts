/**
 * Goal: a run that an older program began is carried on by this one.
 * Method: what runs of each saga had written at that time is kept in `old-logs/`, a file for each
 * time that somebody recorded them; each log is put in the place of what its run writes now, and
 * gone on with. `RECORD_LOGS=2026-11-21 node --test …` records another file.
 *
 * Watched to be caught: a step that has another name now, and a saga that has.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { present } from '../core/base/units.ts';
import { allSagas } from '../core/sagas/all.ts';
import { type OldLog, record, replay } from './old-logs.ts';
import { scenarios } from './scenarios-of-sagas.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const folder = fileURLToPath(new URL('../../src/sim/old-logs', import.meta.url));
const recording = process.env['RECORD_LOGS'];
if (recording !== undefined) {
  const logs: OldLog[] = [];
  for (const scenario of scenarios) logs.push(await record(scenario, drain));
  writeFileSync(join(folder, `${recording}.json`), `${JSON.stringify(logs, null, 1)}\n`);
}

const files = globSync('*.json', { cwd: folder }).toSorted();
const logsIn = (file: string): OldLog[] =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as OldLog[];

for (const file of files) {
  for (const old of logsIn(file)) {
    test(`${basename(file, '.json')}: ${old.scenario}, at ${old.run.cursor}`, async () => {
      const scenario = present(
        scenarios.find(({ name }) => name === old.scenario),
        old.scenario,
      );
      deepEqual(await replay(old, scenario, drain), []);
    });
  }
}

test('there is a log of every saga', () => {
  const kept = new Set(files.flatMap(logsIn).map(({ run }) => run.saga));
  ok(files.length > 0);
  deepEqual(
    allSagas.map(({ name }) => name).filter((name) => !kept.has(name)),
    [],
  );
});
