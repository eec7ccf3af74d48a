/** A fleet of plain hosts on a ledger, and claims on it: what the ledger's figures are taken on. */
import { millis } from '../src/core/base/units.ts';
import { type Claim, claimAll } from '../src/core/ledger/claim.ts';
import { plainInventory, setInventories } from '../src/core/ledger/inventory.ts';
import type { Ledger } from '../src/core/ledger/ledger.ts';
import { createProvider } from '../src/core/ledger/provider.ts';
import * as rows from '../src/core/ledger/rows.ts';
import { done, no } from '../src/core/ports/reply.ts';

export const clock = {
  now: () => millis(performance.now()),
  wall: () => Date.now(),
  sleep: (span: number) => new Promise<void>((resolve) => setTimeout(resolve, span)),
};

const classes = ['VCPU', 'MEMORY_MB', 'DISK_GB'];
const HOSTS_A_REQUEST = 500;

/** `hosts` roots with three classes each, and room for some hundred claims on every one. */
export async function addHosts(ledger: Ledger, hosts: number): Promise<void> {
  await ledger.submit((draft) => {
    for (const [id, name] of classes.entries()) {
      draft.put(rows.resourceClasses, { id, name, updated_at_ms: 0 });
    }
    return done(undefined);
  });
  for (let from = 1; from <= hosts; from += HOSTS_A_REQUEST) {
    const reply = await ledger.submit((draft) => {
      for (let n = from; n < Math.min(from + HOSTS_A_REQUEST, hosts + 1); n++) {
        const uuid = crypto.randomUUID();
        const made = createProvider(draft, { uuid, name: `host-${n}`, parent_uuid: null });
        if (made.is === 'no') return no(made.why);
        setInventories(draft, made.value.id, [
          plainInventory(0, 4096),
          plainInventory(1, 2 ** 24),
          plainInventory(2, 2 ** 20),
        ]);
      }
      return done(undefined);
    });
    if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
  }
}

/** A new consumer with three amounts on a host drawn by lot. */
export function anyClaim(hosts: number): Claim {
  const provider_id = 1 + Math.floor(Math.random() * hosts);
  return {
    consumer_uuid: crypto.randomUUID(),
    project_id: 'a4a6f5c0c6c14f0f9d8d7e6f5a4b3c2d',
    user_id: 'b4a6f5c0c6c14f0f9d8d7e6f5a4b3c2d',
    consumer_type: 'INSTANCE',
    amounts: [
      { provider_id, resource_class_id: 0, amount: 2 },
      { provider_id, resource_class_id: 1, amount: 4096 },
      { provider_id, resource_class_id: 2, amount: 20 },
    ],
  };
}

/** `count` allocations: three a consumer. */
export async function addAllocations(ledger: Ledger, hosts: number, count: number): Promise<void> {
  const claims = Array.from({ length: Math.ceil(count / 3) }, () => anyClaim(hosts));
  await Promise.all(claims.map((claim) => ledger.submit((draft) => claimAll(draft, [claim]))));
}
