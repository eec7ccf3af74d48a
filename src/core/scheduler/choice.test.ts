/**
 * Goal: the explanation of a decision that found a host tells the truth: its funnel is what looking
 * at every host gives, its points add up to the score, those who came next really did; and it is
 * kept for a bounded time and number.
 * Method: random little fleets that fill up, close and open; after each decision every host is
 * looked at by hand. Then examples of what is told.
 *
 * Mutants that were caught: a tally that forgets what a host was before; one that counts children;
 * the chosen among those who came next; a host passed over that ranks lower; rows kept for ever.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { present } from '../base/units.ts';
import { hosts } from '../fleet/rows.ts';
import type { Ask } from './ask.ts';
import type { Choice } from './choice.ts';
import { choices } from './choice-rows.ts';
import { Scheduler } from './decide.ts';
import { shapeFilters } from './filters.ts';
import { HostView } from './host-view.ts';
import { ask, LittleFleet } from './little-fleet.fixture.ts';
import { EXPLANATIONS_MAX, KEPT_MS } from './rows.ts';
import { requestOf } from './shape.ts';

const cell = (vcpus: number) => ({ vcpus, memory_mib: vcpus * 1024 });
const vcpus = (count: number, about: Partial<Ask> = {}) =>
  ask({ resources: { VCPU: count, MEMORY_MB: count * 1024 }, policy: 'spread', ...about });

function chosen(fleet: LittleFleet, scheduler: Scheduler, about: Ask): Choice | null {
  const place = scheduler.find(fleet.draft, about);
  return place === null ? null : scheduler.choice(fleet.draft, about, place);
}

/** How many hosts each filter turns down first, looked at one by one. */
function looked({ draft }: LittleFleet, about: Ask): readonly number[] {
  const host = new HostView(draft);
  const request = requestOf(draft.books, about);
  const first = [...draft.rows(hosts).values()].map(({ provider_id }) => {
    host.at(provider_id);
    return shapeFilters.findIndex((filter) => !filter.allows(request, host));
  });
  return shapeFilters.map((_, at) => first.filter((one) => one === at).length);
}

const step = fc.oneof(
  fc.record({ comes: fc.integer({ min: 1, max: 6 }), west: fc.boolean() }),
  fc.record({ goes: fc.nat(20) }),
  fc.record({ host: fc.nat(4), state: fc.constantFrom('up' as const, 'down' as const) }),
);

test('the funnel is what looking at every host gives, and points add up', () => {
  const seen = { choices: 0, next: 0 };
  const property = fc.property(
    fc.array(fc.integer({ min: 2, max: 12 }), { minLength: 2, maxLength: 5 }),
    fc.array(step, { minLength: 8, maxLength: 30 }),
    (sizes, steps) => {
      const fleet = new LittleFleet();
      for (const [at, size] of sizes.entries()) {
        fleet.addHost({
          name: `h${at}`,
          zone: at % 3 === 0 ? 'west' : 'nova',
          cells: [cell(size)],
        });
      }
      const scheduler = new Scheduler();
      for (const [at, one] of steps.entries()) {
        if ('goes' in one) fleet.letGo(`s${one.goes}`);
        else if ('state' in one) fleet.say(`h${one.host % sizes.length}`, { state: one.state });
        else {
          const zone = one.west ? { availability_zone: 'west' } : {};
          const about = vcpus(one.comes, { server_uuid: `s${at}`, ...zone });
          const choice = chosen(fleet, scheduler, about);
          if (choice === null) continue;
          judge(fleet, about, choice);
          seen.choices++;
          seen.next += choice.runners_up.length;
          const place = present(scheduler.find(fleet.draft, about), 'the place just found');
          equal(fleet.claim(`s${at}`, place).is, 'done');
        }
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
  ok(seen.choices > 500 && seen.next > 300, JSON.stringify(seen));
});

function judge(fleet: LittleFleet, about: Ask, choice: Choice): void {
  deepEqual(
    choice.funnel.map((one) => one.in - one.out),
    looked(fleet, about),
  );
  equal(choice.funnel[0]?.in, fleet.draft.rows(hosts).size);
  const scores = [choice.score, ...choice.runners_up.map(({ score }) => score)];
  deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  ok(!choice.runners_up.some(({ host }) => host === choice.host));
  const fitting = choice.funnel.at(-1)?.out ?? 0;
  equal(choice.runners_up.length, Math.min(3, fitting - 1));
  const total = choice.points.reduce((sum, { points }) => sum + points, 0);
  ok(Math.abs(total - choice.score) < 1e-6 && choice.points.length > 0);
}

test('it tells what weighed, who came next and by what, and whom the request passed over', () => {
  const fleet = new LittleFleet(['h1', 'h2', 'h3'].map((name) => ({ name, cells: [cell(8)] })));
  const scheduler = new Scheduler();
  const held = present(scheduler.find(fleet.draft, vcpus(4, { only_hosts: ['h2'] })), 'room');
  fleet.claim('held', held);
  const choice = present(chosen(fleet, scheduler, vcpus(2, { ignore_hosts: ['h1'] })), 'a choice');
  equal(choice.host, 'h3');
  deepEqual(choice.passed_over, [{ filter: 'named-hosts', hosts: 1 }]);
  const [next] = choice.runners_up;
  equal(next?.host, 'h2');
  ok((next?.behind_by?.points ?? 0) > 0 && choice.score > (next?.score ?? 0));
  const heaviest = choice.points.find(({ weigher }) => weigher === next?.behind_by?.weigher);
  ok(heaviest !== undefined && heaviest.weight > 0 && heaviest.merit > 0);
  equal(
    choice.summary,
    '3 of 3 hosts could take 2 VCPU, 2048 MEMORY_MB: the best by policy spread was chosen.',
  );
  const named = present(chosen(fleet, scheduler, vcpus(2, { only_hosts: ['h2'] })), 'a choice');
  deepEqual([named.host, named.funnel, named.runners_up], ['h2', [], []]);
});

test('choices are kept for a bounded time, and a bounded number of them', () => {
  const fleet = new LittleFleet([{ name: 'h1', cells: [cell(8)] }]);
  const scheduler = new Scheduler();
  const choice = present(chosen(fleet, scheduler, vcpus(1)), 'a choice');
  const { now_ms } = fleet.draft;
  for (let at = 0; at < 2 * EXPLANATIONS_MAX; at++) {
    const decided_at_ms = now_ms - (at % 2 === 0 ? 0 : KEPT_MS + 1) + at;
    scheduler.keepChoice(fleet.draft, { ...choice, id: `${at}`, decided_at_ms });
  }
  const kept = [...fleet.draft.rows(choices).values()];
  ok(kept.length <= EXPLANATIONS_MAX);
  const old = kept.filter(({ decided_at_ms }) => decided_at_ms < now_ms - KEPT_MS);
  ok(old.length < 60, `${old.length} are too old`);
});
