/**
 * What would become of each server on a host if it were drained now: tried on the books, in the
 * order in which it would be done, and taken back.
 *
 *   largest first ─► how it leaves ─► decide, claim ─► next       ─► all of it taken back
 *
 * So no two servers are promised the same room. Those that hold CPUs of the host to themselves, and
 * those that cannot be moved, are named before anything begins.
 */
import { byNumber, byText } from '../base/order.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { tried } from '../scheduler/trial.ts';
import type { Leaving, PlannedMove } from '../servers/drains.ts';
import { type ServerRow, servers, type VmState } from '../servers/rows.ts';
import { claimPlace } from './holds.ts';
import { immovable } from './movable.ts';
import type { World } from './world.ts';

const ways: Partial<Record<VmState, Leaving>> = {
  active: 'live',
  paused: 'live',
  stopped: 'cold',
  shelved: 'offload',
};

/** How it leaves, or why it does not. */
export function wayOf(view: View, { uuid, vm_state }: ServerRow): [Leaving, string | null] {
  const how = ways[vm_state] ?? 'stays';
  if (how === 'stays') return [how, `it is ${vm_state}: start, stop or shelve it first`];
  const bound = how === 'live' ? immovable(view, uuid) : null;
  return bound === null ? [how, null] : ['stays', bound];
}

/** Those on the host, in the order in which they leave. */
export const leaversOf = (view: View, host: string): ServerRow[] =>
  view
    .rows(servers)
    .by('host', host)
    .toSorted(
      (a, b) => byNumber(b.flavor.memory_mib, a.flavor.memory_mib) || byText(a.uuid, b.uuid),
    );

export const planDrain = (draft: Draft, world: World, host: string): readonly PlannedMove[] =>
  tried(draft, () => leaversOf(draft, host).map((server) => planned(draft, world, host, server)));

function planned(draft: Draft, world: World, host: string, server: ServerRow): PlannedMove {
  const [how, why] = wayOf(draft, server);
  const pinned = (draft.books.consumers.get(server.uuid)?.pins.length ?? 0) > 0;
  const move = { server_uuid: server.uuid, name: server.name, how, pinned };
  if (how === 'stays' || how === 'offload') return { ...move, to: null, why };
  const live = how === 'live';
  const bounds = { ignore_hosts: [host], only_hosts: null, live };
  const ask = world.scheduler.askFor(draft, server, bounds);
  if (ask.is === 'no') return { ...move, how: 'stays', to: null, why: ask.why };
  const place = world.scheduler.decide(draft, ask.value);
  if (place.is === 'no') return { ...move, how: 'stays', to: null, why: place.why.summary };
  const claimed = claimPlace(draft, server, place.value);
  if (claimed.is === 'no') return { ...move, how: 'stays', to: null, why: claimed.why.why };
  return { ...move, to: place.value.host, why: null };
}
