/**
 * What must hold in a little world (little-world.ts) once everything has come to rest.
 *
 *   L4  a server that was built holds its host and nothing else, whether it runs or not; any other
 *       holds nothing; nobody else does
 *   I1  an image is whole, and has its bytes
 *   L5  its guest is on its host and nowhere else, and is what the server says; any other has none
 */
import { ended, runs } from '../core/conductor/rows.ts';
import { hosts } from '../core/fleet/rows.ts';
import type { View } from '../core/ledger/draft.ts';
import type { PowerState } from '../core/ports/order.ts';
import { evacuations } from '../core/servers/evacuations.ts';
import {
  images as imageRows,
  type ServerRow,
  servers,
  type VmState,
} from '../core/servers/rows.ts';
import { type WatchedHost, wrongDisk } from './checkers/hosts.ts';
import { brokenMoves, isMover, powerOfMoved } from './checkers/moves.ts';

/** One sentence for each promise that is broken. */
export const brokenAtRest = (
  view: View,
  machines: readonly WatchedHost[],
  images: readonly string[],
): string[] => [
  ...[...view.rows(runs).values()]
    .filter((run) => !ended(run))
    .map((run) => `${run.saga} never ended`),
  ...[...view.rows(servers).values()].flatMap((server) => brokenServer(view, machines, server)),
  ...[...view.rows(imageRows).values()]
    .filter(({ id, status }) => status !== 'active' || !images.includes(id))
    .map(({ id, status }) => `I1: image ${id} is ${status}, with bytes: ${images.includes(id)}`),
  ...unowned(view),
  ...orphans(view, machines),
  ...brokenMoves(
    view,
    machines.filter(({ name }) => view.rows(hosts).get(name)?.state === 'up'),
  ),
];

function brokenServer(view: View, machines: readonly WatchedHost[], server: ServerRow): string[] {
  const { uuid, host, vm_state, task_state } = server;
  const power = vm_state === 'resized' ? powerOfMoved(view, server) : powerOf[vm_state];
  const wanted = power === undefined ? '' : (host ?? '?');
  const dead = quarantineOf(view, uuid);
  const on = machines.filter(
    ({ name, guests }) => !dead.includes(name) && guests.some((one) => one.uuid === uuid),
  );
  const where = on.map(({ name }) => name).join();
  const is = on
    .filter(({ name }) => view.rows(hosts).get(name)?.state === 'up')
    .flatMap(({ guests }) => guests.filter((one) => one.uuid === uuid));
  const held = heldBy(view, uuid);
  return [
    ...(task_state === null ? [] : [`server left ${task_state}`]),
    ...(where === wanted ? [] : [`L5: ${vm_state} on ${host}, its guest is on '${where}'`]),
    ...is.flatMap((one) => wrongDisk(server, one)),
    ...is
      .filter((one) => one.power !== power && !isOver(vm_state, one.power))
      .map((one) => `L5: ${vm_state} on ${host}, its guest is ${one.power}`),
    ...(held === [...dead, ...(wanted === '' ? [] : [wanted])].sort().join()
      ? []
      : [`L4: ${vm_state} on ${host}, it holds '${held}'`]),
  ];
}

/** Its host lost power: what was off stays so, and nobody starts what was rescued by hand. */
const isOver = (state: VmState, power: PowerState): boolean =>
  power === 'crashed' && (powerOf[state] === 'off' || state === 'rescued');

const powerOf: Partial<Record<VmState, PowerState>> = {
  active: 'running',
  stopped: 'off',
  paused: 'paused',
  suspended: 'suspended',
  shelved: 'off',
  rescued: 'running',
  'soft-delete': 'off',
};

/** Dead hosts that it was evacuated from: they are held until they are clean. */
const quarantineOf = (view: View, uuid: string): string[] =>
  view
    .rows(evacuations)
    .by('server_uuid', uuid)
    .map(({ host }) => host);

/** The hosts whose own, or of whose devices, it holds something. */
function heldBy(view: View, uuid: string): string {
  const { books } = view;
  const held = books.consumers.get(uuid)?.allocations ?? [];
  const roots = held.map(({ provider_id }) => books.row(books.row(provider_id).root_id).name);
  return [...new Set(roots)]
    .filter((name) => view.rows(hosts).has(name))
    .sort()
    .join();
}

const unowned = (view: View): string[] =>
  [...view.books.consumers.keys()]
    .filter((uuid) => !view.rows(servers).has(uuid) && !isMover(view, uuid))
    .map((uuid) => `L4: ${uuid} holds '${heldBy(view, uuid)}', and is nobody`);

/** A guest without a server is excused only where its host was given up. */
const orphans = (view: View, machines: readonly WatchedHost[]): string[] =>
  machines
    .filter(({ name }) => view.rows(hosts).get(name)?.state === 'up')
    .flatMap(({ name, guests }) => guests.map(({ uuid }) => ({ name, uuid })))
    .filter(({ uuid }) => !view.rows(servers).has(uuid))
    .map(({ name, uuid }) => `L5: ${uuid} is on ${name}, and has no server`);
