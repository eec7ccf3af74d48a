/**
 * Goal: whatever befalls one step of a saga, its run ends, and every promise holds.
 * Method: each step × each mishap, each in a fresh little world; the process killed after each
 * commit, and so with each ask going wrong besides; a delete after each commit. The numbers say
 * that each was tried, and how they ended.
 *
 * The mutants below are caught by the same runs: a missing undo, a `closes` that is not sent, a
 * pivot that is guessed instead of settled, a hold that is never released.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../core/base/units.ts';
import type { AskStep, Saga, Step } from '../core/conductor/saga.ts';
import type { Draft } from '../core/ledger/draft.ts';
import { done } from '../core/ports/reply.ts';
import { allSagas } from '../core/sagas/all.ts';
import { rest } from '../core/sagas/server.ts';
import type { World } from '../core/sagas/world.ts';
import { everyDelete, everyKill, everyUnheard, everyWay, type Outcome } from './every-way.ts';
import { mishaps } from './planned.ts';
import { type Scenario, scenarios } from './scenarios-of-sagas.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const single = { steps_per_request_max: 1 };

const sagaNamed = (name: string) =>
  present(
    allSagas.find((saga) => saga.name === name),
    name,
  );
const scenarioOf = (name: string): Scenario =>
  present(
    scenarios.find(({ saga }) => saga === name),
    name,
  );

const idleIn = ({ idle = [] }: Scenario, step: string): boolean => idle.includes(step);

function passed({ failures, tried }: Outcome): void {
  deepEqual(failures, []);
  ok(tried > 0, 'never tried');
}

for (const scenario of scenarios) {
  const { name, idle = [] } = scenario;
  const saga = sagaNamed(scenario.saga);

  test(`${name}: every step, every mishap`, async () => {
    const outcome = await everyWay(scenario, saga, { drain });
    passed(outcome);
    equal(outcome.tried, (saga.steps.length - idle.length) * mishaps.length);
  });

  for (const steps_per_request_max of [1, Number.POSITIVE_INFINITY]) {
    const ways = { drain, steps_per_request_max };
    const how = steps_per_request_max === 1 ? 'each step a commit' : 'as few commits as may be';

    test(`${name}, killed after every commit: ${how}`, async () => {
      const outcome = await everyKill(scenario, ways);
      passed(outcome);
      ok(outcome.tried >= 3, `only ${outcome.tried} commits`);
    });

    test(`${name}, deleted after every commit: ${how}`, async () => {
      const outcome = await everyDelete(scenario, ways);
      passed(outcome);
      // Before its pivot, or its end, a run turns back for a delete.
      const turnsBack = saga.name !== 'delete-server' && scenario.at_once !== true;
      const undone = Object.keys(outcome.ends).filter((end) => end.includes('undone'));
      const times = undone.reduce((sum, end) => sum + (outcome.ends[end] ?? 0), 0);
      if (turnsBack) ok(times > 1, 'never cancelled');
    });

    test(`${name}, each commit unheard: ${how}`, async () => {
      passed(await everyUnheard(scenario, ways));
    });
  }
}

for (const [name, step] of [
  ['create-server', 'boot'],
  ['live-migrate', 'landing'],
] as const) {
  test(`${name}: ${step} is refused or drops out, and a commit is unheard besides`, async () => {
    for (const mishap of ['refuse', 'deaf', 'fickle'] as const) {
      const plan = { saga: name, step, mishap };
      passed(await everyUnheard(scenarioOf(name), { drain, plan, ...single }));
    }
  });
}

/** The steps of each saga that ask somebody, in the first scenario that has work for them. */
const asking = allSagas.flatMap((saga) => {
  const scenario = scenarioOf(saga.name);
  const steps = saga.steps.filter(({ kind, name }) => kind === 'ask' && !idleIn(scenario, name));
  return steps.map((step) => ({ scenario, step: step.name }));
});

for (const { scenario, step } of asking) {
  test(`${scenario.name}: ${step} goes wrong, and the process dies after any commit besides`, async () => {
    for (const mishap of ['refuse', 'forget'] as const) {
      const plan = { saga: scenario.saga, step, mishap };
      passed(await everyKill(scenario, { drain, plan }));
    }
  });
}

type Mutate = (step: Step<World>) => Step<World>;

const mutant = (
  saga: string,
  name: string,
  mutate: Mutate,
  of: readonly Saga<World>[] = allSagas,
): Saga<World>[] =>
  of.map((one) => {
    if (one.name !== saga) return one;
    const steps = one.steps.map((step) => (step.name === name ? mutate(step) : step));
    ok(
      steps.some((step, at) => step !== one.steps[at]),
      `${saga} has no ${name}`,
    );
    return { name: saga, steps };
  });

/** Its undo does not say that. */
const undoneWithout =
  (said: string): Mutate =>
  (step) =>
    ask(step, ({ undo }) => ({
      undo: (known) => {
        const errand = present(undo, 'an undo')(known);
        const { [said]: _, ...body } = errand.body as Record<string, unknown>;
        return { ...errand, body } as unknown as typeof errand;
      },
    }));

const onlyRest = ({ input }: { input: { server_uuid: string } }, draft: Draft) => {
  rest(draft, input.server_uuid);
  return done(undefined);
};

const ask = (step: Step<World>, change: (asked: AskStep) => Partial<AskStep>): Step<World> => {
  ok(step.kind === 'ask');
  return { ...step, ...change(step) };
};

/** The saga, what is wrong with it, all sagas with that one; where it shows, if not anywhere. */
const mutants: readonly [string, string, readonly Saga<World>[], string?][] = [
  [
    'create-server',
    'the boot is not undone',
    mutant('create-server', 'boot', (step) => ask(step, () => ({ undo: null }))),
  ],
  [
    'create-server',
    'the undo of the boot closes nothing',
    mutant('create-server', 'boot', (step) =>
      ask(step, ({ undo }) => ({
        undo: (known) => {
          const errand = present(undo, 'an undo')(known);
          return { ...errand, body: { ...errand.body, closes: null } } as typeof errand;
        },
      })),
    ),
  ],
  [
    'live-migrate',
    'the claim is not undone',
    mutant('live-migrate', 'claim', (step) => ({ ...step, undo: null }) as Step<World>),
  ],
  [
    'live-migrate',
    'a lost switchover is taken for one that did not happen',
    mutant('live-migrate', 'switchover', (step) => ask(step, () => ({ settled: () => null }))),
  ],
  [
    'live-migrate',
    'a lost switchover is taken for one that happened',
    mutant('live-migrate', 'switchover', (step) =>
      ask(step, () => ({ settled: () => ({ downtime_ms: null }) })),
    ),
  ],
  [
    'stop-server',
    'a lost switch is taken for one that did not happen',
    mutant('stop-server', 'switch', (step) => ask(step, () => ({ settled: () => null }))),
  ],
  [
    'stop-server',
    'a lost switch is taken for one that happened',
    mutant('stop-server', 'switch', (step) => ask(step, () => ({ settled: () => 'switched' }))),
  ],
  [
    'rebuild-server',
    'a lost refit is taken for one that did not happen',
    mutant('rebuild-server', 'refit', (step) => ask(step, () => ({ settled: () => null }))),
  ],
  [
    'rebuild-server',
    'a refused refit leaves the row as it was asked for',
    mutant('rebuild-server', 'begin', (step) => ({ ...step, undo: onlyRest }) as Step<World>),
  ],
  [
    'rescue-server',
    'a lost refit is taken for one that happened',
    mutant('rescue-server', 'refit', (step) => ask(step, () => ({ settled: () => 'refitted' }))),
  ],
  [
    'image-server',
    'an image that came to nothing stays',
    mutant('image-server', 'begin', (step) => ({ ...step, undo: onlyRest }) as Step<World>),
  ],
  [
    'live-migrate',
    'the source is never released',
    mutant('live-migrate', 'release', (step) => ({ ...step, do: () => done(null) }) as Step<World>),
  ],
  [
    'resize-server',
    'what the source set aside is not brought back',
    mutant('resize-server', 'park', (step) => ask(step, () => ({ undo: null }))),
  ],
  [
    'resize-server',
    'the copy is not destroyed before the source has its guest back, by none of the two undos',
    mutant(
      'resize-server',
      'ship',
      (step) => ask(step, () => ({ undo: null })),
      mutant('resize-server', 'park', undoneWithout('instead_of')),
    ),
    'resize on one host',
  ],
  [
    'resize-server',
    'the undo of the landing destroys whatever is there',
    mutant('resize-server', 'landing', undoneWithout('made_by')),
    'resize on one host',
  ],
  [
    'resize-server',
    'a lost switch is taken for one that happened',
    mutant('resize-server', 'switch', (step) => ask(step, () => ({ settled: () => 'switched' }))),
  ],
  [
    'revert-resize',
    'what the destination set aside is not brought back',
    mutant('revert-resize', 'aside', (step) => ask(step, () => ({ undo: null }))),
  ],
  [
    'revert-resize',
    'a lost return is taken for one that did not happen',
    mutant('revert-resize', 'back', (step) => ask(step, () => ({ settled: () => null }))),
  ],
  [
    'confirm-resize',
    'the source is never cleared',
    mutant('confirm-resize', 'clear', (step) => ask(step, () => ({ do: () => null }))),
  ],
  [
    'delete-server',
    'the run under way is not joined',
    mutant('delete-server', 'joined', (step) => ({ ...step, until: () => true }) as Step<World>),
  ],
];

for (const [name, what, sagas, where] of mutants) {
  test(`caught: ${name}: ${what}`, async () => {
    const found = await complaintsOf(name, sagas, where);
    ok(found.length > 0, 'it lives');
  });
}

/** By the steps' mishaps; a delete shows itself where it meets the other two. */
async function complaintsOf(
  name: string,
  sagas: readonly Saga<World>[],
  where?: string,
): Promise<readonly string[]> {
  if (name === 'delete-server') {
    const met = await everyDelete(scenarioOf('live-migrate'), {
      drain,
      sagas,
      steps_per_request_max: 1,
    });
    return met.failures;
  }
  const saga = present(
    sagas.find((one) => one.name === name),
    name,
  );
  const scenario = scenarios.find((one) => one.name === where) ?? scenarioOf(name);
  const { failures } = await everyWay(scenario, saga, { drain, sagas });
  return failures.filter((failure) => !failure.includes('never struck'));
}
