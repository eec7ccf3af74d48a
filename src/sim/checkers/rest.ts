/**
 * What a world at rest must look like: the second phase ends when nothing here is left to say.
 *
 *   R1  no run is under way, no server has a task, no host is being drained; only who waits for
 *       room may (waiting.ts)
 *   R2  a server's guest is on its host, and nowhere else, and is what the server says: it runs, is
 *       off, paused or suspended; its disk is of the server's image; whatever is on a host is a
 *       server of it
 *   R3  who holds something is a server; it holds it on its own host and nowhere else. Moves that
 *       are not confirmed have rules of their own (moves.ts)
 *   R4  what was deleted is gone, every host is up
 */
import { runs, underWay } from '../../core/conductor/rows.ts';
import { hosts as hostRows } from '../../core/fleet/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import type { PowerState } from '../../core/ports/order.ts';
import { drains } from '../../core/servers/drains.ts';
import { type ServerRow, servers, type VmState } from '../../core/servers/rows.ts';
import type { History } from '../history.ts';
import { type WatchedHost, wrongDisk } from './hosts.ts';
import { brokenMoves, isMover, powerOfMoved } from './moves.ts';
import { isGone } from './servers.ts';
import { waiters, waitingInVain } from './waiting.ts';

export function unrestOf(view: View, hosts: readonly WatchedHost[], history: History): string[] {
  const living = [...view.rows(servers).values()].filter((server) => !isGone(server));
  return [
    ...openRuns(view),
    ...openDrains(view),
    ...waitingInVain(view),
    ...living.flatMap((server) => tasks(view, server)),
    ...living.flatMap((server) => runsWhereItShould(view, server, hosts)),
    ...hosts.flatMap((host) => strangers(view, host)),
    ...brokenMoves(view, hosts),
    ...holds(view),
    ...deletedAndDown(view, history),
  ];
}

/** R1. */
function openRuns(view: View): string[] {
  return underWay
    .flatMap((state) => view.rows(runs).by('state', state))
    .filter(({ waits }) => !waits)
    .map((run) => `R1: run ${run.id} (${run.saga}) is ${run.state} at ${run.cursor ?? 'its end'}`);
}

const openDrains = (view: View): string[] =>
  [...view.rows(drains).values()]
    .filter(({ state }) => state === 'running')
    .map(({ host }) => `R1: ${host} is being drained`);

function tasks(view: View, { uuid, vm_state, task_state, run_id }: ServerRow): string[] {
  if (waiters(view).some(({ server_uuid }) => server_uuid === uuid)) return [];
  if (task_state === null && run_id === null && vm_state !== 'building') return [];
  return [`R1: server ${uuid} is ${vm_state}, ${task_state ?? 'no task'}, run ${run_id ?? 'none'}`];
}

/** R2, from the server's side. */
function runsWhereItShould(view: View, server: ServerRow, hosts: readonly WatchedHost[]): string[] {
  const { uuid, vm_state, host } = server;
  const may = vm_state === 'resized' ? [powerOfMoved(view, server)] : powersOf[vm_state];
  if (may === undefined) return [];
  const found = hosts.flatMap(({ name, guests }) =>
    guests.filter((guest) => guest.uuid === uuid).map((guest) => ({ name, ...guest })),
  );
  const [one] = found;
  if (found.length === 1 && one?.name === host && may.includes(one.power)) {
    return wrongDisk(server, one);
  }
  const there = found.map(({ name, power }) => `${name}: ${power}`).join(', ');
  return [`R2: server ${uuid} is ${vm_state} on ${host}, and its guest is on [${there}]`];
}

/** What the guest of a server may be at rest. One that was off when its host died is off. */
const powersOf: Partial<Record<VmState, readonly PowerState[]>> = {
  active: ['running'],
  stopped: ['off', 'crashed'],
  paused: ['paused'],
  suspended: ['suspended'],
  shelved: ['off', 'crashed'],
  rescued: ['running', 'crashed'],
  'soft-delete': ['off', 'crashed'],
};

/** R2, from the host's side. */
function strangers(view: View, { name, guests }: WatchedHost): string[] {
  return guests
    .filter(({ uuid }) => view.rows(servers).get(uuid)?.host !== name)
    .map(({ uuid }) => `R2: guest ${uuid} is on ${name}, and is no server of it`);
}

function holds(view: View): string[] {
  const { books } = view;
  return [...books.consumers].flatMap(([uuid, consumer]) => {
    const server = view.rows(servers).get(uuid);
    if (isMover(view, uuid)) return [];
    if (server === undefined) return [`R3: ${uuid} holds something, and is no server`];
    const elsewhere = consumer.allocations.filter(
      ({ provider_id }) => books.row(books.row(provider_id).root_id).name !== server.host,
    );
    if (elsewhere.length === 0) return [];
    return [`R3: server ${uuid} is on ${server.host}, and holds something elsewhere`];
  });
}

function deletedAndDown(view: View, history: History): string[] {
  const there = [...history.servers.values()].filter(
    ({ uuid, delete_answered }) => delete_answered && !isGone(view.rows(servers).get(uuid)),
  );
  const down = [...view.rows(hostRows).values()].filter(
    ({ state, forced_down }) => state === 'down' || forced_down,
  );
  return [
    ...there.map(({ uuid }) => `R4: server ${uuid} was deleted, and is there`),
    ...down.map(({ name }) => `R4: ${name} is up, and counts as down`),
  ];
}
