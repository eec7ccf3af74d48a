/**
 * Goal: the simulator notices planted bugs, so its silence about the real program means something.
 * Method: each mutant is played on seed after seed until a checker complains, within SEEDS_MAX; the
 * seed that gives it away is then played without the mutant, and must be clean.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { type Mutant, mutants } from './mutants.ts';
import { type Outcome, runSeed } from './run.ts';

const SEEDS_MAX = 150;

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

async function playWith(mutant: Mutant, seed: string): Promise<Outcome> {
  let takeOut: (() => void) | undefined;
  try {
    return await runSeed(seed, {
      drain,
      tamper: (world) => {
        takeOut = mutant.plant(world);
      },
    });
  } finally {
    takeOut?.();
  }
}

for (const mutant of mutants) {
  test(`caught: ${mutant.name}`, async (t) => {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const [violation] = (await playWith(mutant, String(seed))).violations;
      if (violation === undefined) continue;
      const clean = await runSeed(String(seed), { drain });
      equal(clean.violations[0]?.message, undefined, `seed ${seed} is not clean without it`);
      t.diagnostic(`seed ${seed}: ${violation.invariant}: ${violation.message.slice(0, 100)}`);
      return;
    }
    ok(false, `nobody noticed in ${SEEDS_MAX} seeds`);
  });
}
