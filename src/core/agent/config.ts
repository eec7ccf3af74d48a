/** What the operator of a host says about it; the machine itself is asked, not configured. */
import type { PmemLabel } from '../devices/pmem.ts';
import type { DeviceSpec } from '../devices/spec.ts';
import type { ReportedAddition, ReportedInventory } from '../fleet/report.ts';

export interface HostConfig {
  readonly host_ip: string;
  readonly availability_zone: string;
  /** Kept back from guests. */
  readonly reserved_cores: number;
  readonly reserved_memory_mib: number;
  readonly reserved_disk_gib: number;
  /** CPUs that guests share, and those that one may have to itself; null: nobody says (cpus.ts). */
  readonly cpu_shared_set: readonly number[] | null;
  readonly cpu_dedicated_set: readonly number[] | null;
  /** Pages kept back from guests, other than ordinary ones. */
  readonly reserved_pages: readonly ReservedPages[];
  /** Memory and disk that running a guest takes beside the guest's own. */
  readonly guest_overhead_mib: number;
  readonly guest_overhead_gib: number;
  /** Null: what the provider has by now, at first the initial ratio. */
  readonly cpu_ratio: number | null;
  readonly memory_ratio: number | null;
  readonly disk_ratio: number | null;
  /** What a ratio is where nobody ever said. */
  readonly initial_ratios: { readonly cpu: number; readonly memory: number; readonly disk: number };
  /** Which of the machine's devices guests may have to themselves. */
  readonly devices: readonly DeviceSpec[];
  /** Which of its namespaces of persistent memory, and by what labels. */
  readonly pmem: readonly PmemLabel[];
  /** Whether it tells the machine's figures of the moment, for schedulers that weigh them. */
  readonly tells_metrics: boolean;
  /** Of CUSTOM_ classes that its operator counts here. */
  readonly inventories: readonly ReportedInventory[];
  /** Traits and aggregates besides those that the machine has by itself. */
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** The same for providers below the host. */
  readonly below: readonly ReportedAddition[];
}

export interface ReservedPages {
  readonly cell: number;
  readonly size_kib: number;
  readonly count: number;
}

export const plainConfig: HostConfig = {
  host_ip: '127.0.0.1',
  availability_zone: 'nova',
  reserved_cores: 0,
  reserved_memory_mib: 0,
  reserved_disk_gib: 0,
  cpu_shared_set: null,
  cpu_dedicated_set: null,
  reserved_pages: [],
  guest_overhead_mib: 0,
  guest_overhead_gib: 0,
  cpu_ratio: null,
  memory_ratio: null,
  disk_ratio: null,
  initial_ratios: { cpu: 4, memory: 1, disk: 1 },
  devices: [],
  pmem: [],
  inventories: [],
  tells_metrics: false,
  traits: [],
  aggregates: [],
  below: [],
};
