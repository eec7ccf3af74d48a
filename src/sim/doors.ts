/** What clients and operators may ask a control plane for, in the words of its rooms. */

import { hosts } from '../core/fleet/rows.ts';
import { disableHost, enableHost, forceDown } from '../core/fleet/status.ts';
import { bumpGeneration } from '../core/ledger/claim.ts';
import type { Draft, View } from '../core/ledger/draft.ts';
import { putInventory } from '../core/ledger/inventory.ts';
import { slotGroups } from '../core/ledger/rows.ts';
import { VCPU } from '../core/ledger/standard.ts';
import type { Entropy } from '../core/ports/entropy.ts';
import { type Decision, done, no, type Reply } from '../core/ports/reply.ts';
import type { Replica } from '../core/replica.ts';
import { evacuations } from '../core/servers/evacuations.ts';
import { serverGroups, servers } from '../core/servers/rows.ts';
import { type GroupOf, PROJECT, USER } from './asks.ts';
import type { Front } from './front.ts';
import type { Doors } from './workload.ts';

/** What an operator does to a machine with their own hands. */
export interface Hands {
  killHost(host: string): void;
  reviveHost(host: string): void;
}

export function doorsOf(front: Front<Replica>, view: View, hands: Hands): Doors {
  return {
    create: async (ask) => {
      const reply = await front.ask((replica) => replica.operations.createServers([ask]));
      const [made] = reply.is === 'done' ? reply.value : [];
      return made === undefined ? (reply as Exclude<typeof reply, { is: 'done' }>) : done(made);
    },
    together: (ask, many) => front.ask((replica) => replica.operations.createTogether(ask, many)),
    destroy: (uuid) => front.ask((replica) => replica.operations.deleteServer(uuid)),
    migrate: (uuid, host, deadline) =>
      front.ask((replica) => replica.operations.liveMigrate(uuid, anybody, host, deadline)),
    refit: async (uuid, wish) => {
      const reply = await front.ask((replica) =>
        replica.operations.refit(uuid, wish, { bound_by_locks: true }),
      );
      return reply.is === 'done' ? done({ run_id: reply.value.run_id ?? '' }) : reply;
    },
    createImage: (uuid) => front.ask((replica) => replica.operations.createImage(uuid, anImage)),
    resize: (uuid, flavor) =>
      front.ask((replica) => replica.operations.resize(uuid, anybody, flavor)),
    coldMigrate: (uuid, host) =>
      front.ask((replica) => replica.operations.coldMigrate(uuid, anybody, host)),
    endMove: (uuid, how) => front.ask((replica) => replica.operations[how](uuid, anybody)),
    switchPower: (uuid, to) =>
      front.ask((replica) => replica.operations.switchPower(uuid, anybody, to)),
    shelve: (uuid) => front.ask((replica) => replica.operations.shelve(uuid, anybody)),
    unshelve: (uuid) =>
      front.ask((replica) => replica.operations.unshelve(uuid, anybody, { host: null })),
    evacuate: (uuid, stopped) =>
      front.ask((replica) => replica.operations.evacuate(uuid, anybody, { host: null, stopped })),
    fence: (host) => {
      hands.killHost(host);
      return write(front, (draft) => forceDown(draft, host, true));
    },
    unfence: (host) => {
      hands.reviveHost(host);
      return write(front, (draft) => unfence(draft, host));
    },
    drain: (host) => front.ask((replica) => replica.drainer.start(host, 2)),
    cancelDrain: (host) => front.ask((replica) => replica.drainer.cancel(host)),
    serversOn: (host) =>
      view
        .rows(servers)
        .by('host', host)
        .map(({ uuid }) => uuid),
    setStatus: (host, to) =>
      write(front, (draft) =>
        to === 'enabled' ? enableHost(draft, host) : disableHost(draft, host, 'as the seed says'),
      ),
    setRatio: (host, ratio) => write(front, (draft) => setRatio(draft, host, ratio)),
    find: (name) => view.rows(servers).by('name', name)[0],
  };
}

const anybody = { bound_by_locks: true };

/** What the API's service route asks as well. */
export const unfence = (draft: Draft, host: string): Decision<unknown, { why: string }> =>
  draft.rows(evacuations).by('host', host).length > 0
    ? no({ why: 'not-clean' })
    : forceDown(draft, host, false);

const anImage = {
  ...{ name: 'image', metadata: {}, backup: null },
  ...{ project_id: PROJECT, user_id: USER },
};

const write = <T, No>(
  front: Front<Replica>,
  decide: (draft: Draft) => Decision<T, No>,
): Promise<Reply<T, No | { readonly why: string }>> =>
  front.ask((replica) => replica.ledger.submit(decide));

/** What an operator does who changes the overcommitment of a host. */
function setRatio(
  draft: Draft,
  name: string,
  allocation_ratio: number,
): Decision<void, { why: string }> {
  const host = draft.rows(hosts).get(name);
  if (host === undefined) return no({ why: 'unknown-host' });
  const row = draft.books.inventory(host.provider_id, VCPU);
  if (row === undefined) return no({ why: 'no-inventory' });
  putInventory(draft, host.provider_id, { ...row, allocation_ratio });
  bumpGeneration(draft, host.provider_id);
  return done(undefined);
}

/** One group of each hard rule and of each soft one, and how to write them down. */
export function makeGroups(entropy: Entropy): {
  readonly made: readonly GroupOf[];
  readonly write: (draft: Draft) => Decision<void, never>;
} {
  const policies = [
    ['anti-affinity', 1],
    ['anti-affinity', 2],
    ['affinity', 1],
    ['fault-domain', 1],
    ['soft-anti-affinity', 1],
    ['soft-affinity', 1],
  ] as const;
  const made = policies.map(([policy, max_per_host]) => ({
    uuid: entropy.uuid(),
    policy,
    max_per_host,
  }));
  const write = (draft: Draft) => {
    for (const group of made) {
      const { uuid, policy, max_per_host } = group;
      draft.put(slotGroups, group);
      const owner = { project_id: PROJECT, user_id: USER };
      const max_server_per_host = max_per_host;
      draft.put(serverGroups, { uuid, name: policy, policy, max_server_per_host, ...owner });
    }
    return done(undefined);
  };
  return { made, write };
}
