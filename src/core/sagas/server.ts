/** The few ways in which sagas change a server's row. */
import { present } from '../base/units.ts';
import { type Fault, isStuck, isUnderWay, type RunRow, runs } from '../conductor/rows.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { GuestSpec } from '../ports/order.ts';
import type { Placement } from '../scheduler/ask.ts';
import { driveOf } from '../servers/config-drive.ts';
import { after, taskAfter } from '../servers/lifecycle.ts';
import { type ServerRow, servers, type TaskState } from '../servers/rows.ts';
import { mibOf } from '../topology/pages.ts';
import type { Placed } from './place.ts';

/** The row of a server that a run holds the fence of: nobody takes it away meanwhile. */
export const serverOf = (view: View, uuid: string): ServerRow =>
  present(view.rows(servers).get(uuid), `no server ${uuid}`);

export function change(draft: Draft, uuid: string, about: Partial<ServerRow>): void {
  draft.put(servers, { ...serverOf(draft, uuid), ...about, updated_at_ms: draft.now_ms });
}

export function task(draft: Draft, uuid: string, next: TaskState, about: Partial<ServerRow> = {}) {
  const { task_state } = serverOf(draft, uuid);
  change(draft, uuid, { ...about, task_state: taskAfter(task_state, next) });
}

/** The run lets go of the fence; where a delete or another heir waits for it, it is theirs. */
export function rest(draft: Draft, uuid: string, about: Partial<ServerRow> = {}): void {
  const { task_state, run_id } = serverOf(draft, uuid);
  if (task_state === 'deleting') {
    change(draft, uuid, { ...about, run_id: deleteRunOf(draft, uuid) });
    return;
  }
  const heir = heirOf(draft, uuid, run_id);
  task(draft, uuid, heir?.task ?? null, { ...about, run_id: heir?.run_id ?? null });
}

export const DELETE = 'delete-server';
export const EVACUATE = 'evacuate-server';
export const HARD_REBOOT = 'reboot-server-hard';
export const SOFT_DELETE = 'soft-delete-server';

/** Who may wait for a run to let go of the server, the first before the next; and as what. */
const heirs: readonly (readonly [saga: string, task: TaskState])[] = [
  [EVACUATE, 'rebuilding'],
  // Before one that waits for everybody else.
  [HARD_REBOOT, 'rebooting_hard'],
  [SOFT_DELETE, 'soft-deleting'],
];

/** Who waits for the fence that a run lets go of. */
function heirOf(view: View, uuid: string, holder: string | null) {
  for (const [saga, task] of heirs) {
    const run = underWay(view, uuid).find((one) => one.saga === saga && one.id !== holder);
    if (run !== undefined) return { run_id: run.id, task };
  }
  return null;
}

/** The runs at a server that are carried on. */
const underWay = (view: View, uuid: string): readonly RunRow[] =>
  view.rows(runs).by('server_uuid', uuid).filter(isUnderWay);

/** The run at a server that waits for a person, who says how it goes on. */
export const stuckAt = (view: View, uuid: string): RunRow | undefined =>
  view.rows(runs).by('server_uuid', uuid).find(isStuck);

/** Whether nobody else is at work on a server. */
export const alone = (view: View, uuid: string, run_id: string): boolean =>
  underWay(view, uuid).every((run) => run.id === run_id);

/** The run that deletes the server, if one does. */
export const deleteRunOf = (view: View, uuid: string): string | null =>
  underWay(view, uuid).find((run) => run.saga === DELETE)?.id ?? null;

/** In error, on no host, with the reason for its owner. */
export function fail(draft: Draft, uuid: string, why: Fault): void {
  const { vm_state } = serverOf(draft, uuid);
  rest(draft, uuid, {
    host: null,
    vm_state: after(vm_state, 'failed'),
    fault: { ...why, created_at_ms: draft.now_ms },
  });
}

function nodeOf(
  { guest_node, cell, vcpus, memory_mib, exact }: Placement['cells'][number],
  place: Placement,
): GuestSpec['nodes'][number] {
  const pins = place.pins
    .filter((pin) => pin.guest_node === guest_node)
    .map(({ cpu, use, vcpu }) => ({ cpu, use, vcpu }));
  // A run that an older program began has a place without a word of pages.
  const held = (place.pages ?? []).find((one) => one.guest_node === guest_node);
  const pages = held && { size_kib: held.size_kib, count: held.pages };
  const whole_mib = memory_mib + (held ? mibOf(held.pages, held.size_kib) : 0);
  return {
    cell,
    vcpus,
    memory_mib: whole_mib,
    ...(exact && { exact }),
    ...(pins.length > 0 && { pins }),
    ...(pages && { pages }),
  };
}

const MIB_IN_GIB = 1024;

/** What a host is told of a guest: the sizes that were claimed. */
export function guestOf(server: ServerRow, place: Placed): GuestSpec {
  const { uuid, name, flavor, image_id } = server;
  const { disk_gib, ephemeral_gib, swap_mib } = flavor;
  const drive = driveOf(server);
  const nodes = [...place.cells].sort((a, b) => a.guest_node - b.guest_node);
  return {
    uuid,
    name,
    vcpus: flavor.vcpus,
    memory_mib: flavor.memory_mib,
    disk_gib: disk_gib + ephemeral_gib + Math.ceil(swap_mib / MIB_IN_GIB),
    image_id,
    nodes: nodes.map((node) => nodeOf(node, place)),
    ...(place.guest_devices.length > 0 && { devices: place.guest_devices }),
    ...(place.manner && { manner: place.manner }),
    ...(drive && { drive }),
  };
}
