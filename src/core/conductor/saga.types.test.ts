/**
 * Goal: what must not be written does not compile (T1 to T6 of saga.ts).
 * Method: each mistake stands under `@ts-expect-error`, so the compiler complains where one of them
 * would pass; beside each stands the same thing done right, which compiles.
 *
 * Shown to notice: with `undo?: never` taken out of Onward, with `Repeatable` widened to `Verb` in
 * `ask`, and with an undo given the product of its own step, `tsc` complains here each time.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { done } from '../ports/reply.ts';
import { errand } from './errand.ts';
import { saga } from './saga.ts';

interface Input {
  readonly host: string;
}
const fresh = () => saga<Input, null>('tried');
const destroy = { uuid: 'u', closes: null };
const send = { uuid: 'u', address: 'a' };
const landed = { settled: ({ landed: yes }: { landed: boolean }) => (yes ? 1 : null) };

const placed = () =>
  fresh().book('place', { do: () => done({ host: 'h1' }), undo: 'nothing to undo' });

const sent = () =>
  placed().pivot('switch', {
    do: ({ place }) => errand(place.host, 'send', send),
    made: ({ downtime_ms }) => downtime_ms,
    settle: ({ input }) => errand(input.host, 'seal', { uuid: 'u', landing: 'k' }),
    ...landed,
  });

/** Never called: only compiled. */
export const mistakes = {
  T1_undo: () => {
    sent().book('after', { do: () => null });
    // @ts-expect-error after the pivot there is nothing to undo
    sent().book('after', { do: () => null, undo: () => done(undefined) });
    // @ts-expect-error nor a second pivot
    sent().pivot('again', {});
  },

  T1_refusal: () =>
    sent()
      .book('after', { do: () => ({ at: 1 }) })
      // @ts-expect-error what it gives back is its product, never a refusal: `value` is not there
      .book('later', { do: ({ after }) => after.value }),

  waiting: () => {
    fresh()
      .wait('first', { until: () => true })
      .book('place', { do: () => done(1), undo: 'nothing to undo' });
    // @ts-expect-error nothing waits halfway: what was made before would wait with it
    placed().wait('halfway', { until: () => true });
    sent().wait('after', { until: () => true });
  },

  T2: () => {
    fresh().ask('go', {
      do: ({ input }) => errand(input.host, 'destroy', destroy),
      made: () => null,
      undo: 'nothing to undo',
    });
    // @ts-expect-error it must undo, or say that there is nothing to undo
    fresh().ask('go', {
      do: ({ input }: { input: Input }) => errand(input.host, 'destroy', destroy),
      made: () => null,
    });
  },

  T3: () =>
    // @ts-expect-error a pivot must be able to find out what came of it
    placed().pivot('switch', {
      do: ({ place }: { place: { host: string } }) => errand(place.host, 'send', send),
      made: () => null,
      ...landed,
    }),

  T4: () => {
    placed().ask('go', {
      do: ({ place }) => errand(place.host, 'destroy', destroy),
      made: () => null,
      undo: 'nothing to undo',
    });
    placed().ask('go', {
      // @ts-expect-error no earlier step is named `plaice`
      do: ({ plaice }) => errand(plaice.host, 'destroy', destroy),
      made: () => null,
      undo: 'nothing to undo',
    });
    placed().ask('go', {
      // @ts-expect-error the product of `place` has no `port`
      do: ({ place }) => errand(place.port, 'destroy', destroy),
      made: () => null,
      undo: 'nothing to undo',
    });
  },

  T5: () =>
    placed().ask('land', {
      do: ({ place }) => errand(place.host, 'list', {}),
      made: ({ guests }) => guests.length,
      // @ts-expect-error its own reply may have been lost, so an undo does not know `land`
      undo: ({ place, land }) => errand(place.host, 'destroy', { uuid: land, closes: null }),
    }),

  T6: () =>
    placed().ask('go', {
      // @ts-expect-error `send` must not be given twice: only a pivot, which can settle, may ask it
      do: ({ place }) => errand(place.host, 'send', send),
      made: () => null,
      undo: 'nothing to undo',
    }),

  keys: () =>
    placed().ask('go', {
      do: ({ place }) => errand(place.host, 'list', {}),
      made: () => null,
      undo: ({ place, run }) => {
        run.key('go');
        // @ts-expect-error there is no step of this name to close
        run.key('come');
        return errand(place.host, 'destroy', destroy);
      },
    }),
};

test('a saga keeps its steps in the order in which they were written', () => {
  const { name, steps } = sent()
    .book('after', { do: () => null })
    .wait('rested', { until: () => true })
    .end();
  equal(name, 'tried');
  const kinds = steps.map((step) => `${step.name} ${step.kind} ${step.forward}`);
  equal(kinds.join(), 'place book false,switch ask false,after book true,rested wait true');
});
