/**
 * The ledger's tables. All amounts are whole numbers in the resource class's own unit (VCPU: one,
 * MEMORY_MB: MiB, DISK_GB: GiB); times are wall-clock ms since 1970 UTC, for people and headers.
 *
 * A provider's id is its place in every typed array of `books.ts`; ids grow and are never reused
 * while the process lives. Consumers are known by their UUID alone.
 */
import { table } from '../base/table.ts';
import type { Core } from '../topology/cores.ts';
import { deviceHolds, devices } from './device-rows.ts';

export interface ProviderRow {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  /** Rises with every change of the provider, its inventories, traits or aggregates, or its use. */
  readonly generation: number;
  readonly parent_id: number | null;
  readonly root_id: number;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

export interface ResourceClassRow {
  readonly id: number;
  readonly name: string;
  readonly updated_at_ms: number;
}

export interface TraitRow {
  readonly id: number;
  readonly name: string;
  readonly updated_at_ms: number;
}

export interface InventoryRow {
  readonly provider_id: number;
  readonly resource_class_id: number;
  readonly total: number;
  readonly reserved: number;
  readonly min_unit: number;
  readonly max_unit: number;
  readonly step_size: number;
  readonly allocation_ratio: number;
  /** What each of its consumers takes besides what it holds, e.g. memory to run a guest. */
  readonly overhead: number;
  readonly updated_at_ms: number;
}

export interface ProviderTraitRow {
  readonly provider_id: number;
  readonly trait_id: number;
}

export interface ProviderAggregateRow {
  readonly provider_id: number;
  readonly aggregate_uuid: string;
}

export interface ConsumerRow {
  readonly uuid: string;
  readonly project_id: string;
  readonly user_id: string;
  /** INSTANCE, MIGRATION, …; null for one written by a version of the API that knew no types. */
  readonly consumer_type: string | null;
  readonly generation: number;
  /** Who made its claim as it is, at `updated_at_ms`, e.g. a step of a run; null: nobody said. */
  readonly claimed_by: string | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

export interface AllocationRow {
  readonly consumer_uuid: string;
  readonly provider_id: number;
  readonly resource_class_id: number;
  readonly used: number;
  readonly updated_at_ms: number;
}

/** One NUMA cell of a host: what guests with a NUMA topology may take of it. */
export interface CellRow {
  readonly provider_id: number;
  readonly cell: number;
  /** The most vCPUs that guests may hold here: host CPUs of the cell × its ratio, rounded down. */
  readonly vcpus: number;
  /** Those that it has: no guest node has more, since a guest does not over-commit itself. */
  readonly cpus: number;
  /** Ordinary memory: what is cut into pages of other sizes has rows of its own. */
  readonly memory_mib: number;
  /** The same × its ratio, rounded down: for guests whose memory may be over-committed. */
  readonly memory_limit_mib: number;
}

/** What one guest node of a consumer holds of one cell. */
export interface CellHoldRow {
  readonly consumer_uuid: string;
  readonly provider_id: number;
  readonly guest_node: number;
  readonly cell: number;
  readonly vcpus: number;
  readonly memory_mib: number;
  /** It was promised that its memory is not over-committed. */
  readonly exact: boolean;
}

/** Pages of one size of a NUMA cell, other than ordinary ones. */
export interface CellPagesRow {
  readonly provider_id: number;
  readonly cell: number;
  readonly size_kib: number;
  readonly total: number;
  /** Kept back from guests. */
  readonly reserved: number;
}

/** The pages that one guest node of a consumer holds. */
export interface PageHoldRow {
  readonly consumer_uuid: string;
  readonly provider_id: number;
  readonly guest_node: number;
  readonly cell: number;
  readonly size_kib: number;
  readonly pages: number;
}

/** The cores of one NUMA cell whose CPUs guests may hold one by one. */
export interface CellCpusRow {
  readonly provider_id: number;
  readonly cell: number;
  readonly cores: readonly Core[];
}

/** What a consumer holds a CPU for: a vCPU of its own, its emulator's threads, or to leave idle. */
export type PinUse = 'vcpu' | 'emulator' | 'idle';

/** One CPU of a host, and its only holder. */
export interface CpuPinRow {
  readonly provider_id: number;
  readonly cpu: number;
  readonly consumer_uuid: string;
  readonly guest_node: number;
  readonly use: PinUse;
  /** Null where it is no vCPU's. */
  readonly vcpu: number | null;
}

/**
 * A rule about which hosts the members of a group may share. The hard ones are the ledger's; the
 * soft ones only wish, and are the scheduler's.
 */
export type SlotPolicy =
  /** At most `max_per_host` members on a host (1 unless said otherwise). */
  | 'anti-affinity'
  /** All members on one host. */
  | 'affinity'
  /** Members of different domains on different hosts; members of one domain may share. */
  | 'fault-domain'
  | 'soft-anti-affinity'
  | 'soft-affinity';

export interface SlotGroupRow {
  readonly uuid: string;
  readonly policy: SlotPolicy;
  readonly max_per_host: number;
}

/** A member's place in its group, held with its allocation. */
export interface SlotRow {
  readonly consumer_uuid: string;
  readonly group_uuid: string;
  readonly provider_id: number;
  /**
   * The server. In a move two consumers hold a slot for one member, and do not exclude each other.
   */
  readonly member: string;
  /** Only for `fault-domain`; else ''. */
  readonly domain: string;
}

export const providers = table<ProviderRow>({
  name: 'resource_provider',
  columns: {
    id: 'integer',
    uuid: 'text',
    name: 'text',
    generation: 'integer',
    parent_id: 'integer?',
    root_id: 'integer',
    created_at_ms: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['id'],
});

export const resourceClasses = table<ResourceClassRow>({
  name: 'resource_class',
  columns: { id: 'integer', name: 'text', updated_at_ms: 'integer' },
  primary: ['id'],
});

export const traits = table<TraitRow>({
  name: 'trait',
  columns: { id: 'integer', name: 'text', updated_at_ms: 'integer' },
  primary: ['id'],
});

export const inventories = table<InventoryRow>({
  name: 'inventory',
  columns: {
    provider_id: 'integer',
    resource_class_id: 'integer',
    total: 'integer',
    reserved: 'integer',
    min_unit: 'integer',
    max_unit: 'integer',
    step_size: 'integer',
    allocation_ratio: 'real',
    overhead: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['provider_id', 'resource_class_id'],
});

export const providerTraits = table<ProviderTraitRow>({
  name: 'resource_provider_trait',
  columns: { provider_id: 'integer', trait_id: 'integer' },
  primary: ['provider_id', 'trait_id'],
});

export const providerAggregates = table<ProviderAggregateRow>({
  name: 'resource_provider_aggregate',
  columns: { provider_id: 'integer', aggregate_uuid: 'text' },
  primary: ['provider_id', 'aggregate_uuid'],
});

export const consumers = table<ConsumerRow>({
  name: 'consumer',
  columns: {
    uuid: 'text',
    project_id: 'text',
    user_id: 'text',
    consumer_type: 'text?',
    generation: 'integer',
    claimed_by: 'text?',
    created_at_ms: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['uuid'],
});

export const allocations = table<AllocationRow>({
  name: 'allocation',
  columns: {
    consumer_uuid: 'text',
    provider_id: 'integer',
    resource_class_id: 'integer',
    used: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['consumer_uuid', 'provider_id', 'resource_class_id'],
});

export const cells = table<CellRow>({
  name: 'numa_cell',
  columns: {
    provider_id: 'integer',
    cell: 'integer',
    vcpus: 'integer',
    cpus: 'integer',
    memory_mib: 'integer',
    memory_limit_mib: 'integer',
  },
  primary: ['provider_id', 'cell'],
});

export const cellHolds = table<CellHoldRow>({
  name: 'numa_cell_hold',
  columns: {
    consumer_uuid: 'text',
    provider_id: 'integer',
    guest_node: 'integer',
    cell: 'integer',
    vcpus: 'integer',
    memory_mib: 'integer',
    exact: 'boolean',
  },
  primary: ['consumer_uuid', 'provider_id', 'guest_node'],
});

export const cellPages = table<CellPagesRow>({
  name: 'numa_cell_pages',
  columns: {
    provider_id: 'integer',
    cell: 'integer',
    size_kib: 'integer',
    total: 'integer',
    reserved: 'integer',
  },
  primary: ['provider_id', 'cell', 'size_kib'],
});

export const pageHolds = table<PageHoldRow>({
  name: 'numa_page_hold',
  columns: {
    consumer_uuid: 'text',
    provider_id: 'integer',
    guest_node: 'integer',
    cell: 'integer',
    size_kib: 'integer',
    pages: 'integer',
  },
  primary: ['consumer_uuid', 'provider_id', 'guest_node'],
});

export const cellCpus = table<CellCpusRow>({
  name: 'numa_cell_cpus',
  columns: { provider_id: 'integer', cell: 'integer', cores: 'json' },
  primary: ['provider_id', 'cell'],
});

export const cpuPins = table<CpuPinRow>({
  name: 'cpu_pin',
  columns: {
    provider_id: 'integer',
    cpu: 'integer',
    consumer_uuid: 'text',
    guest_node: 'integer',
    use: 'text',
    vcpu: 'integer?',
  },
  primary: ['provider_id', 'cpu'],
});

export const slotGroups = table<SlotGroupRow>({
  name: 'slot_group',
  columns: { uuid: 'text', policy: 'text', max_per_host: 'integer' },
  primary: ['uuid'],
});

export const slots = table<SlotRow>({
  name: 'slot',
  columns: {
    consumer_uuid: 'text',
    group_uuid: 'text',
    provider_id: 'integer',
    member: 'text',
    domain: 'text',
  },
  primary: ['consumer_uuid', 'group_uuid', 'provider_id'],
});

/** In the order in which they must be loaded: what is pointed at before what points. */
export const ledgerTables = [
  resourceClasses,
  traits,
  providers,
  inventories,
  providerTraits,
  providerAggregates,
  cells,
  cellCpus,
  cellPages,
  devices,
  consumers,
  allocations,
  cellHolds,
  cpuPins,
  pageHolds,
  deviceHolds,
  slotGroups,
  slots,
] as const;
