/**
 * Loads fleets as they stood: each host reported, each VM a claim in the cells it was in; then
 * compares what the database says of each cell with what the file says.
 *
 * The file can contradict itself: of a cell it states what is free, and it lists the VMs with
 * their share of that cell. Where the two do not add up to the cell's total, the VMs are believed,
 * and the cell is counted apart. (In both fleets published, cell 1 repeats the free memory of
 * cell 0.)
 */
import { assert, present } from '../../core/base/units.ts';
import { hosts } from '../../core/fleet/rows.ts';
import { type Claim, claimAll } from '../../core/ledger/claim.ts';
import { MEMORY_MB, VCPU } from '../../core/ledger/standard.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';
import type { Cluster, SnapshotCell, SnapshotVm } from './bytedance-trace.ts';
import { grouped } from './grouped.ts';
import { type LedgerRows, readLedgerRows } from './ledger-rows.ts';
import { System } from './system.ts';

export interface BytedanceReport {
  readonly cluster: string;
  readonly hosts: number;
  /** VMs that hold in the ledger what they hold in the file. */
  readonly servers: number;
  readonly cells: number;
  /** Cells of which the ledger says something else than the file. */
  readonly mismatches: number;
  /** Cells of which the file says two things; the ledger has what its VMs add up to. */
  readonly contradictions: number;
}

export async function replayBytedance(
  clusters: readonly Cluster[],
  progress: (line: string) => void,
): Promise<{ report: BytedanceReport; remarks: readonly string[] }[]> {
  const reports: { report: BytedanceReport; remarks: readonly string[] }[] = [];
  for (const cluster of clusters) {
    const system = await System.open();
    try {
      await system.addHosts(cluster.hosts);
      progress(`${cluster.name}: ${cluster.hosts.length} hosts are up`);
      const refused = await claimEach(system, cluster.vms);
      progress(`${cluster.name}: ${cluster.vms.length - refused.length} VMs are claimed`);
      const rows = await readLedgerRows(system.store);
      const { believed, contradictions } = settled(cluster);
      const mismatches = [...refused, ...differences(believed, rows)];
      const [first] = contradictions;
      const remark = `the file contradicts itself in ${contradictions.length} cells, e.g. ${first}`;
      const remarks =
        first === undefined ? mismatches : [`${cluster.name}: ${remark}`, ...mismatches];
      reports.push({
        report: {
          ...sizesOf(cluster, rows),
          mismatches: mismatches.length,
          contradictions: contradictions.length,
        },
        remarks,
      });
    } finally {
      await system.close();
    }
  }
  return reports;
}

const sizesOf = (cluster: Cluster, rows: LedgerRows) => ({
  cluster: cluster.name,
  hosts: rows.hosts.length,
  servers: new Set(rows.cellHolds.map(({ consumer_uuid }) => consumer_uuid)).size,
  cells: rows.cells.length,
});

/** Claims for every VM where it was; tells of those that the ledger refused. */
async function claimEach(system: System, vms: readonly SnapshotVm[]): Promise<string[]> {
  const { ledger } = system.replica;
  const replies = await Promise.all(
    vms.map((vm) => {
      const consumer_uuid = entropy.uuid();
      return ledger.submit((draft) => {
        const host = present(draft.rows(hosts).get(vm.host), `the host of ${vm.name}`);
        return claimAll(draft, [claimOf(vm, host.provider_id, consumer_uuid)]);
      });
    }),
  );
  return replies.flatMap((reply, at) => {
    if (reply.is === 'done') return [];
    assert(reply.is === 'no', 'a commit of our own disk got no answer');
    return [`${vms[at]?.name} was refused: ${JSON.stringify(reply.why)}`];
  });
}

function claimOf({ nodes }: SnapshotVm, provider_id: number, consumer_uuid: string): Claim {
  const vcpus = nodes.reduce((sum, node) => sum + node.vcpus, 0);
  const memory_mib = nodes.reduce((sum, node) => sum + node.memory_mib, 0);
  return {
    consumer_uuid,
    project_id: 'replay',
    user_id: 'replay',
    consumer_type: 'INSTANCE',
    amounts: [
      { provider_id, resource_class_id: VCPU, amount: vcpus },
      { provider_id, resource_class_id: MEMORY_MB, amount: memory_mib },
    ],
    cells: nodes.map((node, guest_node) => ({ provider_id, guest_node, ...node })),
  };
}

type Free = Pick<SnapshotCell, 'vcpus_free' | 'memory_mib_free'>;

/** What the file says of each cell, by its VMs where what it states is free does not add up. */
function settled({ hosts: stated, vms }: Cluster) {
  const nodes = vms.flatMap(({ host, nodes }) => nodes.map((node) => ({ host, ...node })));
  const held = grouped(nodes, ({ host, cell }) => `${host} ${cell}`);
  const contradictions: string[] = [];
  const believed = stated.map(({ name, cells }) => ({
    name,
    cells: cells.map((cell): SnapshotCell => {
      const free = freeBeside(cell, held.get(`${name} ${cell.cell}`) ?? []);
      if (!same(free, cell)) {
        contradictions.push(
          `cell ${cell.cell} of ${name}: ${cell.memory_mib_free} MiB free stated, ` +
            `${free.memory_mib_free} left by its VMs`,
        );
      }
      return { ...cell, ...free };
    }),
  }));
  return { believed, contradictions };
}

/** What of the cell is left beside those that hold a part of it. */
function freeBeside(
  cell: { readonly vcpus: number; readonly memory_mib: number },
  holds: readonly { readonly vcpus: number; readonly memory_mib: number }[],
): Free {
  return {
    vcpus_free: cell.vcpus - holds.reduce((sum, hold) => sum + hold.vcpus, 0),
    memory_mib_free: cell.memory_mib - holds.reduce((sum, hold) => sum + hold.memory_mib, 0),
  };
}

const same = (a: Free, b: Free): boolean =>
  a.vcpus_free === b.vcpus_free && a.memory_mib_free === b.memory_mib_free;

/** Cells whose totals or free amounts in the database are not the file's. */
function differences(expected: Cluster['hosts'], rows: LedgerRows): string[] {
  const providers = new Map(rows.hosts.map(({ name, provider_id }) => [name, provider_id]));
  const cells = new Map(rows.cells.map((row) => [`${row.provider_id} ${row.cell}`, row]));
  const holds = grouped(rows.cellHolds, (hold) => `${hold.provider_id} ${hold.cell}`);
  return expected.flatMap(({ name, cells: given }) =>
    given.flatMap((cell) => {
      const key = `${providers.get(name)} ${cell.cell}`;
      const { vcpus, memory_mib } = cells.get(key) ?? { vcpus: 0, memory_mib: 0 };
      const free = freeBeside({ vcpus, memory_mib }, holds.get(key) ?? []);
      const equal = vcpus === cell.vcpus && memory_mib === cell.memory_mib && same(free, cell);
      const found = { vcpus, memory_mib, ...free };
      return equal ? [] : [`${name}: ${JSON.stringify(found)}, not ${JSON.stringify(cell)}`];
    }),
  );
}
