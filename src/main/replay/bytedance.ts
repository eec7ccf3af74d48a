/**
 * Loads fleets as they stood: each host reported, its memory in huge pages; each VM a claim in the
 * cells it was in, and of their pages; then compares what the database says of each cell with what
 * the file says.
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
import { mibOf } from '../../core/topology/pages.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';
import { type Cluster, PAGE_KIB, type SnapshotCell, type SnapshotVm } from './bytedance-trace.ts';
import { grouped } from './grouped.ts';
import { type LedgerRows, readLedgerRows } from './ledger-rows.ts';
import { type HostSize, System } from './system.ts';

export interface BytedanceReport {
  readonly cluster: string;
  readonly hosts: number;
  /** VMs that hold in the ledger what they hold in the file. */
  readonly servers: number;
  readonly cells: number;
  /** Huge pages that VMs hold in the ledger. */
  readonly pages: number;
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
      await system.addHosts(cluster.hosts.map(sizeOf));
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

/** All of a cell's memory is cut into pages. */
const sizeOf = ({ name, cells }: Cluster['hosts'][number]): HostSize => ({
  name,
  cells: cells.map(({ vcpus, pages }) => ({
    vcpus,
    memory_mib: mibOf(pages, PAGE_KIB),
    pages: [{ size_kib: PAGE_KIB, total: pages }],
  })),
});

const sizesOf = (cluster: Cluster, rows: LedgerRows) => ({
  cluster: cluster.name,
  hosts: rows.hosts.length,
  servers: new Set(rows.cellHolds.map(({ consumer_uuid }) => consumer_uuid)).size,
  cells: rows.cells.length,
  pages: rows.pageHolds.reduce((sum, { pages }) => sum + pages, 0),
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
  const pages = nodes.reduce((sum, node) => sum + node.pages, 0);
  return {
    consumer_uuid,
    project_id: 'replay',
    user_id: 'replay',
    consumer_type: 'INSTANCE',
    amounts: [
      { provider_id, resource_class_id: VCPU, amount: vcpus },
      { provider_id, resource_class_id: MEMORY_MB, amount: mibOf(pages, PAGE_KIB) },
    ],
    cells: nodes.map(({ cell, vcpus }, guest_node) => ({
      ...{ provider_id, guest_node, cell, vcpus, memory_mib: 0, exact: true },
    })),
    pages: nodes.map((node, guest_node) => ({
      ...{ provider_id, guest_node, cell: node.cell, size_kib: PAGE_KIB, pages: node.pages },
    })),
  };
}

type Free = Pick<SnapshotCell, 'vcpus_free' | 'pages_free'>;

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
          `cell ${cell.cell} of ${name}: ${cell.pages_free} pages free stated, ` +
            `${free.pages_free} left by its VMs`,
        );
      }
      return { ...cell, ...free };
    }),
  }));
  return { believed, contradictions };
}

/** What of the cell is left beside those that hold a part of it. */
function freeBeside(
  cell: { readonly vcpus: number; readonly pages: number },
  holds: readonly { readonly vcpus: number; readonly pages: number }[],
): Free {
  return {
    vcpus_free: cell.vcpus - holds.reduce((sum, hold) => sum + hold.vcpus, 0),
    pages_free: cell.pages - holds.reduce((sum, hold) => sum + hold.pages, 0),
  };
}

const same = (a: Free, b: Free): boolean =>
  a.vcpus_free === b.vcpus_free && a.pages_free === b.pages_free;

/** Cells whose totals or free amounts in the database are not the file's. */
function differences(expected: Cluster['hosts'], rows: LedgerRows): string[] {
  const providers = new Map(rows.hosts.map(({ name, provider_id }) => [name, provider_id]));
  const found = cellsIn(rows);
  return expected.flatMap(({ name, cells: given }) =>
    given.flatMap((cell) => {
      const key = `${providers.get(name)} ${cell.cell}`;
      const { vcpus, pages, holds } = found.get(key) ?? { vcpus: 0, pages: 0, holds: [] };
      const free = freeBeside({ vcpus, pages }, holds);
      const equal = vcpus === cell.vcpus && pages === cell.pages && same(free, cell);
      const said = { vcpus, pages, ...free };
      return equal ? [] : [`${name}: ${JSON.stringify(said)}, not ${JSON.stringify(cell)}`];
    }),
  );
}

interface FoundCell {
  readonly vcpus: number;
  readonly pages: number;
  readonly holds: readonly { readonly vcpus: number; readonly pages: number }[];
}

/** By provider and cell: what there is of it, and who holds how much. */
function cellsIn(rows: LedgerRows): ReadonlyMap<string, FoundCell> {
  const spot = (row: { provider_id: number; cell: number }) => `${row.provider_id} ${row.cell}`;
  const pools = new Map(rows.cellPages.map((row) => [spot(row), row.total]));
  const vcpus = grouped(rows.cellHolds, spot);
  const pages = grouped(rows.pageHolds, spot);
  return new Map(
    rows.cells.map((row) => [
      spot(row),
      {
        vcpus: row.vcpus,
        pages: pools.get(spot(row)) ?? 0,
        holds: [
          ...(vcpus.get(spot(row)) ?? []).map((hold) => ({ vcpus: hold.vcpus, pages: 0 })),
          ...(pages.get(spot(row)) ?? []).map((hold) => ({ vcpus: 0, pages: hold.pages })),
        ],
      },
    ]),
  );
}
