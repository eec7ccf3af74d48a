/**
 * Runs, told from their log on disk.
 *
 *   O1  a run that has ended never changes again (R3 of conductor/log.ts)
 *   O2  a run's lines only go on: a line's place keeps its step, and no line is taken away
 *   O3  a run that is done has no line that was undone in its last round, one that is undone has no
 *       line left that is done: no saga is both
 *   O4  a run never sticks
 */

import { keyOf } from '../../core/base/table.ts';
import { ended, type RunRow, type RunStepRow, runSteps, runs } from '../../core/conductor/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import type { Batch } from '../../core/ports/store.ts';
import { type Complaint, complaint } from './complaint.ts';

export class SagaChecker {
  readonly #view: View;
  readonly #ended = new Map<string, string>();
  readonly #steps = new Map<string, string>();

  constructor(view: View) {
    this.#view = view;
  }

  after(batch: Batch): Complaint[] {
    const touched = new Set<string>();
    const complaints: Complaint[] = [];
    for (const { table, row, gone } of batch.changes) {
      if (table === runs.name) {
        touched.add((row as RunRow).id);
        if (gone) this.#ended.delete((row as RunRow).id);
      }
      if (table === runSteps.name) {
        touched.add((row as RunStepRow).run_id);
        complaints.push(...this.#line(row as RunStepRow, gone));
      }
    }
    for (const id of touched) complaints.push(...this.#run(id));
    return complaints;
  }

  #line(line: RunStepRow, gone: boolean): Complaint[] {
    const place = keyOf(line.run_id, line.position);
    const before = this.#steps.get(place);
    const name = `${line.name}@${line.round}`;
    this.#steps.set(place, name);
    const pruned = gone && !this.#view.rows(runs).has(line.run_id);
    if (pruned || (!gone && (before === undefined || before === name))) return [];
    const what = gone ? 'was taken away' : `became ${name}`;
    return [complaint('O2', `run ${line.run_id} line ${line.position} (${before}) ${what}`)];
  }

  #run(id: string): Complaint[] {
    const run = this.#view.rows(runs).get(id);
    if (run === undefined || !ended(run)) return [];
    const lines = this.#view.rows(runSteps).by('run_id', id);
    const picture = JSON.stringify([run, lines]);
    const before = this.#ended.get(id);
    if (before === picture) return [];
    this.#ended.set(id, picture);
    if (before !== undefined) return [complaint('O1', `run ${id} changed after it had ended`)];
    return [...bothWays(run, lines), ...stuck(run)];
  }
}

function bothWays(run: RunRow, lines: readonly RunStepRow[]): Complaint[] {
  const last = Math.max(0, ...lines.map(({ round }) => round));
  const wrong = lines.filter(
    ({ state, round }) =>
      (run.state === 'done' && round === last && (state === 'undone' || state === 'undoing')) ||
      (run.state === 'undone' && (state === 'done' || state === 'started' || state === 'settling')),
  );
  return wrong.map(({ name, state }) =>
    complaint('O3', `run ${run.id} (${run.saga}) is ${run.state}, yet ${name} is ${state}`),
  );
}

const stuck = (run: RunRow): Complaint[] =>
  run.state === 'stuck'
    ? [complaint('O4', `run ${run.id} (${run.saga}) is stuck: ${run.error?.message ?? ''}`)]
    : [];
