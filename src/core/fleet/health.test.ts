/**
 * Goal: H1 to H3: failures count against a host, unless their image fails on many and boots on
 * none; they fade in steps; and a success takes back what it disproves.
 * Method: stories on a draft, and the rows after each chapter; then random histories, after each of
 * which H1 is asked of the rows by a rule written once more, from what happened.
 *
 * Mutants that were caught: an image bad on two hosts, or on four; an image that boots elsewhere
 * still to blame; a success that forgets other hosts' failures; rows never forgotten; no halving.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { Draft } from '../ledger/draft.ts';
import { createProvider } from '../ledger/provider.ts';
import { ledgerTables } from '../ledger/rows.ts';
import { seedStandards } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import {
  decayFailures,
  HALF_LIFE_MS,
  HALVINGS_KEPT,
  isDecayDue,
  noteBuildFailed,
  noteBuilt,
} from './health.ts';
import { buildFailures } from './health-rows.ts';
import { fleetTables, type HostRow, hosts } from './rows.ts';

const names = ['a', 'b', 'c', 'd'];

function fleetAt(now_ms: number, state = new State([...ledgerTables, ...fleetTables])): Draft {
  const draft = new Draft(state, now_ms);
  if (draft.rows(hosts).size > 0) return draft;
  seedStandards(draft);
  for (const name of names) {
    const made = createProvider(draft, { uuid: name, name, parent_uuid: null });
    ok(made.is === 'done');
    draft.put(hosts, { name, provider_id: made.value.id } as HostRow);
  }
  return draft;
}

const blamed = (draft: Draft): string =>
  [...draft.rows(buildFailures).values()]
    .filter(({ counts }) => counts)
    .map(({ host, failures }) => `${host}${failures}`)
    .sort()
    .join(' ');

test('an image that fails on many hosts is to blame, until it boots on one', () => {
  const draft = fleetAt(0);
  noteBuildFailed(draft, 'a', 'x');
  noteBuildFailed(draft, 'b', 'x');
  equal(blamed(draft), 'a1 b1');
  noteBuildFailed(draft, 'c', 'x');
  equal(blamed(draft), '', 'three hosts: it is the image');
  noteBuildFailed(draft, 'a', 'y');
  equal(blamed(draft), 'a1', 'another image on a is still held against a');
  noteBuilt(draft, 'd', 'x');
  equal(blamed(draft), 'a1 a1 b1 c1', 'it boots on d: it was the hosts');
  noteBuilt(draft, 'a', 'x');
  equal(blamed(draft), 'a1 b1 c1', 'what a boots it has not failed with');
});

test('without an image there is none to blame', () => {
  const draft = fleetAt(0);
  for (const name of names) noteBuildFailed(draft, name, null);
  equal(blamed(draft), 'a1 b1 c1 d1');
});

test('a host that is gone is not noted', () => {
  const draft = fleetAt(0);
  noteBuildFailed(draft, 'nobody', 'x');
  equal(draft.rows(buildFailures).size, 0);
});

test('failures are halved in steps, each an event about the host, and then forgotten', () => {
  const state = new State([...ledgerTables, ...fleetTables]);
  const draft = fleetAt(0, state);
  for (let at = 0; at < 4; at++) noteBuildFailed(draft, 'a', 'x');
  const rowAt = (now_ms: number) => {
    const later = fleetAt(now_ms, state);
    const { touches } = state.books;
    const due = isDecayDue(later, now_ms);
    decayFailures(later);
    equal(isDecayDue(later, now_ms), false);
    const [row] = [...later.rows(buildFailures).values()];
    return { due, told: state.books.touches > touches, halvings: row?.halvings };
  };
  deepEqual(rowAt(HALF_LIFE_MS - 1), { due: false, told: false, halvings: 0 });
  deepEqual(rowAt(HALF_LIFE_MS), { due: true, told: true, halvings: 1 });
  noteBuildFailed(fleetAt(HALF_LIFE_MS, state), 'a', 'x');
  equal(blamed(fleetAt(HALF_LIFE_MS, state)), 'a3', '4 halved and one more');
  deepEqual(rowAt(HALF_LIFE_MS * 4), { due: true, told: true, halvings: 3 });
  deepEqual(rowAt(HALF_LIFE_MS * (1 + HALVINGS_KEPT)), {
    due: true,
    told: true,
    halvings: undefined,
  });
});

test('H1 holds after any history', () => {
  const seen = { bad: 0, counted: 0 };
  const happening = fc.record({
    host: fc.constantFrom(...names),
    image: fc.constantFrom('x', 'y'),
    boots: fc.constantFrom(false, false, false, true),
  });
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (history) => {
      const draft = fleetAt(0);
      for (const { host, image, boots } of history) {
        if (boots) noteBuilt(draft, host, image);
        else noteBuildFailed(draft, host, image);
      }
      for (const row of draft.rows(buildFailures).values()) {
        const about = history.filter(({ image }) => image === row.image);
        const failing = about.findLastIndex(({ host, boots }) => host === row.host && boots);
        const since = about.slice(failing + 1);
        ok(since.some(({ host, boots }) => host === row.host && !boots));
        if (!row.counts) {
          seen.bad++;
          ok(new Set(since.concat(about).map(({ host }) => host)).size >= 3);
          equal(row.image_boots, false);
        } else seen.counted++;
      }
    }),
    { numRuns: 300 },
  );
  for (const [what, times] of Object.entries(seen)) ok(times > 0, `never tried: ${what}`);
});
