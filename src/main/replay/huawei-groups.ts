/** The groups of a sequence, as server groups of the system. */
import { randomUUID } from 'node:crypto';
import { assert } from '../../core/base/units.ts';
import { type SlotPolicy, slotGroups } from '../../core/ledger/rows.ts';
import { done } from '../../core/ports/reply.ts';
import { serverGroups } from '../../core/servers/rows.ts';
import type { Strategy, TraceRequest } from './huawei-trace.ts';
import type { System } from './system.ts';

const policies: Readonly<Record<Strategy, SlotPolicy>> = {
  'anti-affinity': 'anti-affinity',
  fault_domain: 'fault-domain',
  affinity: 'soft-affinity',
};

/** A UUID for each group, by its name in the trace. */
export const groupUuids = (requests: readonly TraceRequest[]): ReadonlyMap<string, string> =>
  new Map(requests.flatMap(({ group }) => (group === null ? [] : [[group, randomUUID()]])));

export async function putGroups(
  { replica }: System,
  groups: ReadonlyMap<string, string>,
): Promise<void> {
  const reply = await replica.ledger.submit((draft) => {
    for (const [name, uuid] of groups) {
      const policy = policies[name.split(' ')[0] as Strategy];
      const owner = { project_id: 'replay', user_id: 'replay' };
      draft.put(serverGroups, { uuid, name, ...owner, policy, max_server_per_host: null });
      draft.put(slotGroups, { uuid, policy, max_per_host: 1 });
    }
    return done(undefined);
  });
  assert(reply.is === 'done', 'the groups could not be written');
}
