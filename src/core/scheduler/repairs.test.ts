/**
 * Goal: every repair that is offered works when it is really made (RP1), leaves no trace of having
 * been tried, and the kind of a refusal is true.
 * Method: random little fleets, filled, closed, of several zones, traits and groups; a request that
 * is refused. Each repair is carried out by this file, which knows only the repair's data, and the
 * same request is decided again. The kind is checked against a fleet that is really emptied, and
 * then really opened.
 *
 * Mutants that were caught: a trial that is not taken back; a trial that asks the cells alone; a
 * holder less than was tried; a zone that is not the host's.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { never, present } from '../base/units.ts';
import { hosts } from '../fleet/rows.ts';
import { slotGroups } from '../ledger/rows.ts';
import { flavors } from '../servers/rows.ts';
import type { Ask, Explanation, Repair } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, digestOf, flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';

const GIB = 1024;
const TRAITS = ['HW_CPU_X86_AVX2', 'HW_CPU_X86_VMX'] as const;
const CLOSED = 'COMPUTE_STATUS_DISABLED';

const trait = fc.constantFrom<string | null>(null, null, ...TRAITS);
const host = fc.record({
  cells: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 2 }),
  zone: fc.constantFrom('nova', 'nova', 'west'),
  trait,
  status: fc.constantFrom('open', 'open', 'open', 'disabled', 'down', 'forced'),
});
const guest = fc.record({
  vcpus: fc.integer({ min: 1, max: 6 }),
  nodes: fc.constantFrom(0, 0, 1, 2),
  group: fc.constantFrom(null, null, 'apart', 'one'),
});
const wanted = fc.record({
  guest,
  zone: fc.constantFrom(null, null, 'nova', 'west', 'nowhere'),
  required: trait,
  forbidden: trait,
  only: fc.constantFrom(null, null, null, 'host-0'),
});

type Guest = typeof guest extends fc.Arbitrary<infer G> ? G : never;

const asked = ({ vcpus, nodes, group }: Guest, about: Partial<Ask> = {}): Ask =>
  ask({
    resources: { VCPU: Math.max(vcpus, nodes), MEMORY_MB: Math.max(vcpus, nodes) * GIB },
    nodes: Array.from({ length: nodes }, (_, at) => {
      const size = Math.floor((Math.max(vcpus, nodes) + at) / nodes);
      return { vcpus: size, memory_mib: size * GIB };
    }),
    group: group === null ? null : { uuid: group, domain: '' },
    ...about,
  });

const seen: Record<string, number> = {};
const count = (what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

test('every repair that is offered works, and the kind of a refusal is true', () => {
  const property = fc.property(
    fc.array(host, { minLength: 1, maxLength: 4 }),
    fc.array(guest, { maxLength: 12 }),
    wanted,
    (some, guests, want) => {
      const fleet = fleetOf(some);
      fill(fleet, guests);
      const request = asked(want.guest, {
        availability_zone: want.zone,
        required_traits: want.required === null ? [] : [want.required],
        forbidden_traits: want.forbidden === null ? [] : [want.forbidden],
        only_hosts: want.only === null ? null : [want.only],
      });
      fleet.draft.put(flavors, flavorOf('half', Math.ceil(want.guest.vcpus / 2)));
      fleet.addServer(serverOf('server', flavorOf('whole', want.guest.vcpus)));
      judge(fleet, request);
    },
  );
  fc.assert(property, { numRuns: 1500 });
  const kinds = ['other-zone', 'any-host', 'enable-host', 'drop-traits', 'relax-group', 'free'];
  const refusals = ['impossible', 'no-room', 'hosts-closed'];
  for (const what of [...kinds, 'change-traits', 'smaller-flavor', 'several leave', ...refusals]) {
    ok((seen[what] ?? 0) > 0, `never tried: ${what} of ${JSON.stringify(seen)}`);
  }
});

type Host = typeof host extends fc.Arbitrary<infer H> ? H : never;

function fleetOf(some: readonly Host[]): LittleFleet {
  const fleet = new LittleFleet();
  fleet.addGroup('apart', 'anti-affinity');
  fleet.addGroup('one', 'affinity');
  for (const [at, one] of some.entries()) {
    const name = `host-${at}`;
    const cells = one.cells.map((vcpus) => ({ vcpus, memory_mib: vcpus * GIB }));
    const id = fleet.addHost({ name, zone: one.zone, cells });
    if (one.trait !== null) fleet.giveTrait(id, one.trait, true);
  }
  return Object.assign(fleet, { closing: some });
}

/** Guests are placed first; then hosts close, as they do in life. */
function fill(fleet: LittleFleet & { closing?: readonly Host[] }, guests: readonly Guest[]): void {
  for (const [at, one] of guests.entries()) {
    const decided = new Scheduler().decide(fleet.draft, asked(one, { server_uuid: `g${at}` }));
    if (decided.is === 'done') equal(fleet.claim(`g${at}`, decided.value).is, 'done');
  }
  for (const [at, { status }] of (fleet.closing ?? []).entries()) {
    const name = `host-${at}`;
    const { provider_id } = present(fleet.draft.rows(hosts).get(name), 'a host');
    if (status === 'disabled') {
      fleet.say(name, { status });
      fleet.giveTrait(provider_id, CLOSED, true);
    }
    if (status === 'down') fleet.say(name, { state: 'down' });
    if (status === 'forced') fleet.say(name, { forced_down: true });
  }
}

function judge(fleet: LittleFleet, request: Ask): void {
  const before = digestOf(fleet.draft);
  const decided = new Scheduler().decide(fleet.draft, request);
  equal(digestOf(fleet.draft), before, 'a trial left its trace');
  if (decided.is === 'done') return;
  count(decided.why.refusal);
  judgeKind(fleet, request, decided.why);
  for (const repair of decided.why.repairs) {
    count(repair.kind);
    const mark = fleet.draft.mark;
    const then = carryOut(fleet, request, repair);
    const again = new Scheduler().decide(fleet.draft, then);
    equal(again.is, 'done', `${repair.sentence}, and yet: ${JSON.stringify(again)}`);
    fleet.draft.rollback(mark);
  }
}

function judgeKind(fleet: LittleFleet, request: Ask, { refusal }: Explanation): void {
  const { draft } = fleet;
  const mark = draft.mark;
  for (const uuid of [...draft.books.consumers.keys()]) fleet.letGo(uuid);
  const emptied = new Scheduler().decide(draft, request).is === 'done';
  for (const { name } of [...draft.rows(hosts).values()]) open(fleet, name);
  const opened = new Scheduler().decide(draft, request).is === 'done';
  draft.rollback(mark);
  const kind = emptied ? 'no-room' : opened ? 'hosts-closed' : 'impossible';
  // An affine group that lives where nobody fits is refused for good only as long as it lives.
  if (request.group?.uuid !== 'one') equal(refusal, kind);
}

function open(fleet: LittleFleet, name: string): void {
  fleet.say(name, { status: 'enabled', state: 'up', forced_down: false });
  const { provider_id } = present(fleet.draft.rows(hosts).get(name), 'a host');
  fleet.giveTrait(provider_id, CLOSED, false);
}

/** Really makes the repair; gives the request as it then is. */
function carryOut(fleet: LittleFleet, request: Ask, repair: Repair): Ask {
  const { draft } = fleet;
  switch (repair.kind) {
    case 'other-zone':
      return { ...request, availability_zone: repair.availability_zone };
    case 'any-host':
      return { ...request, only_hosts: null };
    case 'enable-host':
      open(fleet, repair.host);
      return request;
    case 'drop-traits': {
      const keep = (name: string) => !repair.traits.includes(name);
      const { required_traits, forbidden_traits } = request;
      return {
        ...request,
        required_traits: required_traits.filter(keep),
        forbidden_traits: forbidden_traits.filter(keep),
      };
    }
    case 'relax-group': {
      const group = present(draft.books.slotGroups.get(repair.group_uuid), 'the group');
      draft.put(slotGroups, { ...group, policy: repair.policy });
      return request;
    }
    case 'smaller-flavor': {
      const { vcpus, memory_mib } = present(draft.rows(flavors).get(repair.flavor_id), 'a flavor');
      const { only_hosts } = request;
      const resources = { VCPU: vcpus, MEMORY_MB: memory_mib };
      return ask({ resources, only_hosts });
    }
    case 'free':
      if (repair.consumer_uuids.length > 1) count('several leave');
      for (const uuid of repair.consumer_uuids) fleet.letGo(uuid);
      return request;
    case 'change-traits': {
      const { provider_id } = present(draft.rows(hosts).get(repair.host), 'a host');
      for (const name of repair.give) fleet.giveTrait(provider_id, name, true);
      for (const name of repair.take) fleet.giveTrait(provider_id, name, false);
      return request;
    }
    default:
      return never(repair);
  }
}
