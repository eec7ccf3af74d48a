/** What the agent of a host says about it, when it starts and from time to time. */
import type { DeviceFacts } from '../devices/device.ts';
import type { GuestReport } from '../ports/order.ts';
import type { Core } from '../topology/cores.ts';
import type { Metrics } from './metric-rows.ts';

export interface HostReport {
  readonly host: string;
  /** The UUID of its root provider; the same for as long as the machine is. */
  readonly uuid: string;
  /** Which of its agent's lives says so: what an earlier one said is out of date. */
  readonly incarnation: number;
  readonly host_ip: string;
  readonly availability_zone: string;
  readonly hypervisor_type: string;
  readonly hypervisor_version: number;
  readonly cpu_info: Readonly<Record<string, unknown>>;
  /** When the machine was started; left out: not known. */
  readonly booted_at_ms?: number;
  readonly inventories: readonly ReportedInventory[];
  readonly cells: readonly {
    readonly cell: number;
    /** CPUs that guests share. */
    readonly cores: number;
    readonly memory_mib: number;
    /** Cores with CPUs that a guest may have to itself; left out: none. */
    readonly dedicated?: readonly Core[];
    /** What of its memory is cut into pages of other sizes; left out: none. */
    readonly pages?: readonly ReportedPages[];
  }[];
  /** Left out: the host says nothing of devices. */
  readonly devices?: ReportedDevices;
  /** Figures of the machine at this moment; left out: its agent is not to tell any. */
  readonly metrics?: Metrics;
  /** Devices that are used once, and were cleaned since; left out: none. */
  readonly cleaned?: readonly UsedDevice[];
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** What its operator adds to providers below it; left out: nothing. */
  readonly below?: readonly ReportedAddition[];
  readonly guests: readonly GuestReport[];
}

/** One of the two says which provider; below the host, or nobody. */
export interface ReportedAddition {
  readonly uuid: string | null;
  readonly name: string | null;
  readonly inventories: readonly ReportedInventory[];
  readonly traits: readonly string[];
  /** Where its operator wrote it, for people. */
  readonly where: string;
}

/** A device after a use, before the next one. */
export interface UsedDevice {
  readonly device: string;
  readonly address: string;
  /** Which use that was: what is said of it holds for no later one. */
  readonly uses: number;
}

export interface ReportedPages {
  readonly size_kib: number;
  readonly total: number;
  /** Kept back from guests. */
  readonly reserved: number;
}

export interface ReportedDevices {
  readonly pools: readonly ReportedPool[];
  /** Of networks: in no inventory. */
  readonly apart: readonly DeviceFacts[];
}

/** A device with its parts: one provider below the host's. */
export interface ReportedPool {
  /** The same for as long as the device is in this host. */
  readonly uuid: string;
  readonly address: string;
  readonly traits: readonly string[];
  readonly devices: readonly DeviceFacts[];
}

export interface ReportedInventory {
  readonly resource_class: string;
  readonly total: number;
  readonly reserved: number;
  /** Left out: from 1 to all of it, in steps of 1. */
  readonly min_unit?: number;
  readonly max_unit?: number;
  readonly step_size?: number;
  /** What each guest takes besides; left out: nothing. */
  readonly overhead?: number;
  /** As its operator configured it; null: as the provider has it, at first `initial_ratio`. */
  readonly allocation_ratio: number | null;
  readonly initial_ratio: number;
}
