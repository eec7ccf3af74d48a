/**
 * `npm run sim -- --pairs`: every two mishaps that can meet in a run of a saga, in each of the ways
 * in which it begins; then every way to get stuck, and to be helped on while something else goes
 * wrong. Ends with 1 when a promise was broken.
 */
import type { Tally } from '../sim/every-way.ts';
import { scenarios } from '../sim/scenarios-of-sagas.ts';
import { everyStuck } from '../sim/stuck-ways.ts';
import type { Drain } from '../sim/timeline.ts';
import { everyTwo } from '../sim/two-mishaps.ts';

interface Totals {
  runs: number;
  pairs: number;
  failures: number;
}

export async function playPairs(drain: Drain, only?: string): Promise<number> {
  const wanted = (names: readonly string[]) => only === undefined || names.includes(only);
  const chosen = scenarios.filter(({ name, saga }) => wanted([name, saga]));
  const totals: Totals = { runs: 0, pairs: 0, failures: 0 };
  for (const scenario of chosen) {
    add(totals, scenario.name, await everyTwo(scenario, { drain }));
    add(totals, `${scenario.name}, stuck and helped on`, await everyStuck(scenario, { drain }));
  }
  const { runs, pairs, failures } = totals;
  const sagas = new Set(chosen.map(({ saga }) => saga)).size;
  console.log(
    `${sagas} sagas begun in ${chosen.length} ways: ` +
      `${runs} runs, ${pairs} pairs met, ${failures} failures`,
  );
  return failures === 0 && runs > 0 ? 0 : 1;
}

function add(totals: Totals, name: string, { outcome, met }: Tally): void {
  const { tried, failures } = outcome;
  totals.runs += tried;
  totals.pairs += met;
  totals.failures += failures.length;
  console.log(`${name}: ${tried} runs, ${met} pairs met, ${failures.length} failures`);
  for (const failure of failures) console.error(`  ${failure}`);
}
