/**
 * Goal: a shelf finds the same rows by key and by every index as a plain list does, whatever was
 * put, changed and taken away, and whether a value is one row's, a few rows' or many rows'.
 * Method: random puts and removals of rows that share few values, beside a model that is a list.
 * Mutants that this killed: a row put again is listed twice; a list that becomes a Map loses a
 * row; taking one of two away takes both; a row whose value changed stays under the old one; what
 * was found is the list itself.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { table } from '../base/table.ts';
import { Shelf } from './shelf.ts';

interface Thing {
  readonly id: string;
  readonly host: string | null;
  readonly note: number;
}

const things = table<Thing>({
  name: 'thing',
  columns: { id: 'text', host: 'text?', note: 'integer' },
  primary: ['id'],
  indexes: ['host'],
});

const HOSTS = ['h1', 'h2', null];
const move = fc.record({
  id: fc.nat(29).map((id) => `t${id}`),
  host: fc.constantFrom(...HOSTS),
  note: fc.nat(3),
  gone: fc.nat(4).map((lot) => lot === 0),
});

const sorted = (rows: Iterable<Thing>) => [...rows].toSorted((a, b) => (a.id < b.id ? -1 : 1));

test('what is found by an index is what a list has', () => {
  const seen = { one: 0, few: 0, many: 0, none: 0, moved: 0 };
  const property = fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
    const shelf = new Shelf<Thing>(things);
    const model = new Map<string, Thing>();
    for (const { gone, ...row } of moves) {
      const was = model.get(row.id);
      if (was !== undefined && was.host !== row.host) seen.moved++;
      equal(shelf.apply(gone ? (was ?? row) : row, gone), was);
      if (gone) model.delete(row.id);
      else model.set(row.id, row);
      for (const host of HOSTS) {
        const found = sorted(model.values()).filter((one) => one.host === host);
        deepEqual(sorted(shelf.by('host', host)), found);
        const size = found.length;
        seen[size === 0 ? 'none' : size === 1 ? 'one' : size <= 8 ? 'few' : 'many']++;
      }
    }
    equal(shelf.size, model.size);
  });
  fc.assert(property);
  for (const [what, times] of Object.entries(seen)) ok(times > 0, `never tried: ${what}`);
});

test('what was found stays as it was found', () => {
  const shelf = new Shelf<Thing>(things);
  for (const id of ['a', 'b']) shelf.apply({ id, host: 'h1', note: 0 }, false);
  const found = shelf.by('host', 'h1');
  shelf.apply({ id: 'a', host: 'h1', note: 1 }, false);
  shelf.apply({ id: 'c', host: 'h1', note: 0 }, false);
  deepEqual(
    found.map(({ id, note }) => [id, note]),
    [
      ['a', 0],
      ['b', 0],
    ],
  );
});
