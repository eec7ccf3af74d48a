/** What every Store promises: ST1 to ST6. Both twins are held to it; one that passes may serve. */
import { table } from '../base/table.ts';
import { assert } from '../base/units.ts';
import type { Reply } from './reply.ts';
import type { Batch, Store, StoreRefusal } from './store.ts';

/** A place to try a store in. Each promise gets a fresh one. */
export interface StoreLab {
  readonly store: Store;
  /** The process dies without a word; this is the store as its next life finds it. */
  readonly crash: () => Promise<Store>;
}

interface ThingRow {
  readonly kind: string;
  readonly number: number;
  readonly label: string | null;
  readonly ratio: number;
  readonly fits: boolean;
  readonly notes: unknown;
  readonly extra: Readonly<Record<string, unknown>> | null;
}
const things = table<ThingRow>({
  name: 'thing',
  columns: {
    kind: 'text',
    number: 'integer',
    label: 'text?',
    ratio: 'real',
    fits: 'boolean',
    notes: 'json',
    extra: 'json?',
  },
  primary: ['kind', 'number'],
  indexes: ['label'],
});
interface MarkRow {
  readonly a: number;
  readonly b: string;
}
const marks = table<MarkRow>({
  name: 'mark',
  columns: { a: 'integer', b: 'text' },
  primary: ['a', 'b'],
});

/** The tables that a lab's store must have been made for. */
export const contractTables = [marks, things];

const thing = (kind: string, number: number, more: Partial<ThingRow> = {}): ThingRow => ({
  kind,
  number,
  label: null,
  ratio: 1.1,
  fits: false,
  notes: [],
  extra: null,
  ...more,
});
const put = (row: ThingRow) => ({ table: things.name, row, gone: false });
const gone = (row: ThingRow) => ({ table: things.name, row, gone: true });
const mark = (a: number, b: string) => ({ table: marks.name, row: { a, b }, gone: false });

/** Every kind of value that a column may hold, at its edges. */
const awkward: readonly ThingRow[] = [
  thing('', 0, { label: '', notes: null }),
  thing('a', -3, { label: "it's \u0000 \u{1F6A2}", ratio: -0.1, fits: true }),
  thing('a', 2 ** 40, { ratio: 1e300, notes: { deep: [1, { a: null }], text: '"' } }),
  thing('b', Number.MAX_SAFE_INTEGER, { ratio: 3, notes: 'text', extra: { z: 1, a: 2 } }),
];

export const storeContract: Readonly<Record<string, (lab: StoreLab) => Promise<void>>> = {
  'ST1: a begin waits until the one before it has ended': async ({ store }) => {
    await begun(store, 0);
    const order: string[] = [];
    const second = begun(store, 0).then(() => order.push('second'));
    await letOthersRun();
    order.push('ended');
    await store.rollback();
    await second;
    await store.rollback();
    same(order, ['ended', 'second'], 'order');
  },

  'ST2: a commit writes the rows, the record and the sequence': async ({ store }) => {
    await write(store, { sequence: 1, changes: awkward.map(put) });
    await write(store, { sequence: 2, changes: [mark(1, 'x')] });
    same((await begun(store, 0)).sequence, 2, 'sequence');
    await store.rollback();
    same(await everything(store), { sequence: 2, rows: [{ a: 1, b: 'x' }, ...awkward] }, 'rows');
  },

  'ST2: a rollback writes nothing': async ({ store, crash }) => {
    await begun(store, 0);
    await store.rollback();
    same(await everything(await crash()), { sequence: 0, rows: [] }, 'rows');
  },

  'ST2: of several changes of one row the last one stays': async ({ store }) => {
    const [first, second, third] = [thing('a', 1), thing('a', 1, { fits: true }), thing('b', 1)];
    const changes = [put(first), put(second), put(third), gone(third), mark(1, 'x'), mark(1, 'x')];
    await write(store, { sequence: 1, changes });
    same((await everything(store)).rows, [{ a: 1, b: 'x' }, second], 'rows of the first');
    await write(store, { sequence: 2, changes: [gone(second), put(third)] });
    same((await everything(store)).rows, [{ a: 1, b: 'x' }, third], 'rows');
  },

  'ST3: what was committed outlives a crash, what was not is gone': async ({ store, crash }) => {
    await write(store, { sequence: 1, changes: awkward.map(put) });
    await begun(store, 1);
    same(await everything(await crash()), { sequence: 1, rows: awkward }, 'rows');
  },

  'ST4: begin tells what was written since, in order': async ({ store, crash }) => {
    const batches: Batch[] = [
      { sequence: 1, changes: awkward.map(put) },
      { sequence: 2, changes: awkward.map(gone) },
      { sequence: 3, changes: [mark(7, 'y')] },
    ];
    for (const batch of batches) await write(store, batch);
    same(await missed(store, 1), batches.slice(1), 'missed');
    const next = await crash();
    same(await missed(next, 0), batches, 'missed after a crash');
    same(await missed(next, 3), [], 'nothing missed');
  },

  'ST4: who is too far behind is told to load again': async ({ store }) => {
    for (let sequence = 1; sequence <= 2; sequence++) {
      await write(store, { sequence, changes: [mark(sequence, '')] });
    }
    // A sequence that the store never had the records of.
    const head = await store.begin(-1);
    assert(head.is === 'no' && head.why.why === 'pruned', 'not told that the records are gone');
    same(await missed(store, 2), [], 'begin after a refused begin');
  },

  'ST6: records are read to a bound, and without what is only begun': async ({ store, crash }) => {
    const batches = [1, 2, 3].map((n) => ({ sequence: n, changes: [mark(n, 'r')] }));
    for (const batch of batches) await write(store, batch);
    const records = async (since: number, limit: number) =>
      answered(await store.records(since, limit), 'records');
    await begun(store, 3);
    same(await records(0, 2), batches.slice(0, 2), 'two');
    same(await records(1, 9), batches.slice(1), 'all that there are');
    same(await records(3, 9), [], 'none');
    await store.rollback();
    const next = await crash();
    same(answered(await next.records(0, 9), 'records'), batches, 'after a crash');
    for (const never of [-1, 4]) {
      const pruned = await next.records(never, 9);
      assert(pruned.is === 'no' && pruned.why.why === 'pruned', 'not told to read it all again');
    }
  },

  'ST5: load gives rows in the order of their keys': async ({ store }) => {
    const numbers = [10, 9, 2, 33, -1];
    await write(store, { sequence: 1, changes: numbers.map((n) => put(thing('k', n))) });
    const { rows } = await everything(store);
    same(
      rows.map((row) => (row as ThingRow).number),
      [-1, 2, 9, 10, 33],
      'order',
    );
  },
};

function answered<T>(reply: Reply<T, StoreRefusal>, what: string): T {
  assert(reply.is === 'done', `${what} was answered ${JSON.stringify(reply)}`);
  return reply.value;
}

const begun = async (store: Store, since: number) => answered(await store.begin(since), 'begin');

async function write(store: Store, batch: Batch): Promise<void> {
  await begun(store, batch.sequence - 1);
  answered(await store.commit(batch), 'commit');
}

async function missed(store: Store, since: number): Promise<readonly Batch[]> {
  const head = await begun(store, since);
  await store.rollback();
  return head.missed;
}

async function everything(store: Store): Promise<{ sequence: number; rows: object[] }> {
  const rows: object[] = [];
  const { sequence } = await store.load((_, row) => rows.push(row));
  return { sequence, rows };
}

/** Long enough for a begin that does not wait to get through. */
async function letOthersRun(): Promise<void> {
  for (let turns = 0; turns < 100; turns++) await Promise.resolve();
}

function same(got: unknown, wanted: unknown, what: string): void {
  const [a, b] = [canonical(got), canonical(wanted)];
  assert(a === b, `${what}: got ${a}, wanted ${b}`);
}

/** JSON with sorted properties: a row that was read may name its columns in another order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
