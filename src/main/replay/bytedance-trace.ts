/**
 * Snapshots of fleets: hosts, their NUMA cells, and the VMs in each, as published.
 *
 * Memory is all in huge pages. Their size is not said; the totals are whole numbers of 2 MiB and of
 * nothing larger that machines have, so that is what they are taken for.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pagesIn } from '../../core/topology/pages.ts';

export interface Cluster {
  readonly name: string;
  readonly hosts: readonly SnapshotHost[];
  readonly vms: readonly SnapshotVm[];
}
export interface SnapshotHost {
  readonly name: string;
  readonly cells: readonly SnapshotCell[];
}
export interface SnapshotCell {
  readonly cell: number;
  readonly vcpus: number;
  readonly vcpus_free: number;
  readonly pages: number;
  readonly pages_free: number;
}
export interface SnapshotVm {
  readonly name: string;
  readonly host: string;
  readonly nodes: readonly {
    readonly cell: number;
    readonly vcpus: number;
    readonly pages: number;
  }[];
}

/** Of 2 MiB. */
export const PAGE_KIB = 2048;

interface File {
  readonly cluster_list?: readonly {
    readonly cluster_name: string;
    readonly host_info: readonly {
      readonly node_id: string;
      readonly numa: readonly {
        readonly node: number;
        readonly total_cpu: number;
        readonly free_cpu: number;
        readonly memory_huge_total_mb: number;
        readonly memory_huge_free_mb: number;
      }[];
    }[];
    readonly vm_instance: readonly {
      readonly instance_id: string;
      readonly host_id: string;
      readonly numa: readonly {
        readonly node: number;
        readonly cpu: number;
        readonly mem_mb: number;
      }[];
    }[];
  }[];
}

/** The clusters of the directory's first snapshot; null: it holds none. */
export function readSnapshot(
  directory: string,
  files: readonly string[],
): readonly Cluster[] | null {
  for (const file of files.filter((name) => name.endsWith('.json')).toSorted()) {
    const { cluster_list } = parsed(join(directory, file));
    if (cluster_list !== undefined) return cluster_list.map(clusterOf);
  }
  return null;
}

function parsed(path: string): File {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as File;
  } catch {
    return {};
  }
}

type ClusterGiven = NonNullable<File['cluster_list']>[number];

const clusterOf = ({ cluster_name, host_info, vm_instance }: ClusterGiven): Cluster => ({
  name: cluster_name,
  hosts: host_info.map(({ node_id, numa }) => ({
    name: node_id,
    cells: numa.map((cell) => ({
      cell: cell.node,
      vcpus: cell.total_cpu,
      vcpus_free: cell.free_cpu,
      pages: Math.floor(pagesIn(cell.memory_huge_total_mb, PAGE_KIB)),
      pages_free: Math.floor(pagesIn(cell.memory_huge_free_mb, PAGE_KIB)),
    })),
  })),
  vms: vm_instance.map(({ instance_id, host_id, numa }) => ({
    name: instance_id,
    host: host_id,
    nodes: numa.map(({ node, cpu, mem_mb }) => ({
      cell: node,
      vcpus: cpu,
      pages: Math.ceil(pagesIn(mem_mb, PAGE_KIB)),
    })),
  })),
});
