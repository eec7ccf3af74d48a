/**
 * Goal: E3 for the audit: what an evacuated server still holds on the dead host is neither a
 * difference where the server is now, nor let go by a repair there; every part of it.
 * Method: the audit's world of one host, and a second one that only the books know, with cells,
 * CPUs, pages and a device; the server holds some of each there, in quarantine.
 * Mutants that were caught: `quarantined` asked of nobody; each part of what it gives left out.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { deviceFacts } from '../devices/device.fixture.ts';
import { applyReport } from '../fleet/registry.ts';
import { plainReport } from '../fleet/report.fixture.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { MEMORY_MB, VCPU } from '../ledger/standard.ts';
import { evacuations } from '../servers/evacuations.ts';
import { servers } from '../servers/rows.ts';
import { server, world } from './audit.fixture.ts';
import { held } from './taken.ts';

const PAGE_KIB = 2048;
const dead = {
  ...plainReport,
  ...{ host: 'dead', uuid: 'aaaaaaaa-0000-4000-8000-00000000000d' },
  inventories: ['VCPU', 'MEMORY_MB'].map((resource_class) => ({
    ...{ resource_class, total: 4096, reserved: 0, allocation_ratio: null, initial_ratio: 1 },
  })),
  cells: [
    {
      ...{ cell: 0, cores: 8, memory_mib: 4096, dedicated: [{ cpus: [0, 1], threads: 2 }] },
      pages: [{ size_kib: PAGE_KIB, total: 100, reserved: 0 }],
    },
  ],
  devices: { pools: [], apart: [deviceFacts('nic')] },
};

const idOf = ({ books }: Draft, name: string): number =>
  present(books.providerNamed(name), name).id;

function hold(draft: Draft, vcpus_here: number): void {
  const [here, there] = [idOf(draft, 'h'), idOf(draft, 'dead')];
  const amount = (provider_id: number, resource_class_id: number, amount: number) => ({
    ...{ provider_id, resource_class_id, amount },
  });
  const spot = { provider_id: there, guest_node: 0 };
  const claimed = claimAll(draft, [
    {
      ...{ consumer_uuid: 's', project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' },
      amounts: [
        amount(here, VCPU, vcpus_here),
        amount(here, MEMORY_MB, 1024),
        amount(there, VCPU, 1),
        amount(there, MEMORY_MB, 1024),
      ],
      cells: [{ ...spot, cell: 0, vcpus: 1, memory_mib: 512, exact: true }],
      pins: [{ ...spot, cpu: 1, use: 'vcpu', vcpu: 0 }],
      pages: [{ ...spot, cell: 0, size_kib: PAGE_KIB, pages: 4 }],
      devices: [{ provider_id: there, device: 'nic', request: 'nic' }],
    },
  ]);
  equal(claimed.is, 'done');
}

/** All that is held of the dead host. */
const heldThere = (ledger: Ledger) =>
  ledger.read(({ books }) => {
    const { id } = present(books.providerNamed('dead'), 'it');
    const there = ({ provider_id }: { provider_id: number }) => provider_id === id;
    const parts = ['amounts', 'cells', 'pins', 'pages', 'devices'] as const;
    return parts.map((part) => held(books, 's')?.[part]?.filter(there) ?? []);
  });

test('what is in quarantine for a server elsewhere is no difference, and no repair lets it go', async () => {
  const { write, boot, found, ledger } = await world();
  await boot();
  await write((draft) => {
    equal(applyReport(draft, dead).is, 'done');
    draft.put(servers, server('h'));
    draft.put(evacuations, { server_uuid: 's', host: 'dead', run_id: 'r', evacuated_at_ms: 1 });
    hold(draft, 1);
  });
  const before = await heldThere(ledger);
  deepEqual(
    before.map((part) => part.length),
    [2, 1, 1, 1, 1],
  );
  deepEqual(await found(), []);
  await write((draft) => hold(draft, 3));
  deepEqual(await found(), ['wrong-hold']);
  deepEqual(await found(), []);
  deepEqual(await heldThere(ledger), before);
});
