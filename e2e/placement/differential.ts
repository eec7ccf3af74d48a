/**
 * Plays histories by hand, as many as asked for:
 *
 *   node e2e/placement/differential.ts --from 1 --histories 100 --requests 400
 *
 * Ends with one JSON line: histories, requests, candidates, differences by kind. Exit status 1
 * when there is a difference without a known reason.
 */
import { parseArgs } from 'node:util';
import { type Played, play } from './history.ts';
import { missing, startOurs, startTheirs } from './servers.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    histories: { type: 'string', default: '20' },
    requests: { type: 'string', default: '150' },
    /** Stops at the first difference and leaves both servers there to be asked. */
    hold: { type: 'boolean', default: false },
  },
});

const gap = missing();
if (gap !== null) {
  console.log(`skipped: ${gap}`);
  process.exit(0);
}

const sums = { histories: 0, requests: 0, candidates: 0, differences: 0 };
const reasons: Record<string, number> = {};
const statuses: Record<string, number> = {};
const add = (to: Record<string, number>, from: ReadonlyMap<string | number, number>) => {
  for (const [name, count] of from) to[name] = (to[name] ?? 0) + count;
};

const first = Number(values.from);
for (let seed = first; seed < first + Number(values.histories); seed++) {
  const [ours, theirs] = await Promise.all([startOurs(), startTheirs()]);
  const played: Played = await play(
    seed,
    Number(values.requests),
    ours.base,
    theirs.base,
    values.hold,
  );
  if (values.hold && played.unknown.length > 0) {
    console.log(`ours ${ours.base}\ntheirs ${theirs.base}\n${played.unknown.join('\n')}`);
    process.exit(1);
  }
  await Promise.all([ours.stop(), theirs.stop()]);
  sums.histories++;
  sums.requests += played.requests;
  sums.candidates += played.candidates;
  sums.differences += played.unknown.length;
  add(reasons, played.known);
  add(statuses, played.statuses);
  for (const one of played.unknown) console.log(`seed ${seed}: ${one}\n`);
}
console.log(JSON.stringify({ ...sums, known: reasons, statuses }));
process.exitCode = sums.differences > 0 ? 1 : 0;
