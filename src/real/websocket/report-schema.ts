/**
 * What an agent may say of its host, checked at the rim: an agent is another machine, and one that
 * was taken over must not be able to write what no agent would.
 */
import { type Static, Type } from 'typebox';
import type { HostReport } from '../../core/fleet/report.ts';
import type { GuestReport } from '../../core/ports/order.ts';

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Text = Type.String({ maxLength: 4096 });
const Count = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Step = Type.String({ maxLength: 512 });
const Uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
const few = { maxItems: 4096 };
const strict = { additionalProperties: false };

const Pin = Type.Object(
  {
    cpu: Count,
    use: Type.Union((['vcpu', 'emulator', 'idle'] as const).map((one) => Type.Literal(one))),
    vcpu: Type.Union([Count, Type.Null()]),
  },
  strict,
);

const Node = Type.Object(
  {
    cell: Count,
    vcpus: Count,
    memory_mib: Amount,
    exact: Type.Optional(Type.Boolean()),
    pages: Type.Optional(Type.Object({ size_kib: Amount, count: Amount }, strict)),
    pins: Type.Optional(Type.Array(Pin, few)),
  },
  strict,
);

export const Guest = Type.Object(
  {
    uuid: Uuid,
    power: Type.Union(
      (['running', 'off', 'paused', 'suspended', 'crashed'] as const).map((one) =>
        Type.Literal(one),
      ),
    ),
    vcpus: Count,
    memory_mib: Amount,
    disk_gib: Amount,
    made_by: Step,
    switched_by: Type.Union([Step, Type.Null()]),
    awaited: Type.Boolean(),
    parked: Type.Boolean(),
    nodes: Type.Optional(Type.Array(Node, few)),
    devices: Type.Optional(Type.Array(Name, few)),
  },
  strict,
);

const Device = Type.Object(
  {
    id: Name,
    address: Name,
    kind: Type.Union(
      (['PCI', 'PF', 'VF', 'mdev', 'pmem'] as const).map((one) => Type.Literal(one)),
    ),
    parent: Type.Union([Name, Type.Null()]),
    vendor_id: Name,
    product_id: Name,
    cell: Type.Union([Count, Type.Null()]),
    socket_cells: Type.Union([Type.Array(Count, few), Type.Null()]),
    resource_class: Name,
    traits: Type.Array(Name, few),
    physical_network: Type.Union([Name, Type.Null()]),
    live_migratable: Type.Boolean(),
    one_time_use: Type.Boolean(),
    mdev_type: Type.Union([Name, Type.Null()]),
  },
  strict,
);

const Pool = Type.Object(
  {
    uuid: Uuid,
    address: Name,
    traits: Type.Array(Name, few),
    devices: Type.Array(Device, few),
  },
  strict,
);

const Cell = Type.Object(
  {
    cell: Count,
    cores: Count,
    memory_mib: Amount,
    dedicated: Type.Optional(
      Type.Array(Type.Object({ cpus: Type.Array(Count, few), threads: Count }, strict), few),
    ),
    pages: Type.Optional(
      Type.Array(Type.Object({ size_kib: Amount, total: Amount, reserved: Amount }, strict), few),
    ),
  },
  strict,
);

const Inventory = Type.Object(
  {
    resource_class: Name,
    total: Amount,
    reserved: Amount,
    min_unit: Type.Optional(Amount),
    max_unit: Type.Optional(Amount),
    step_size: Type.Optional(Amount),
    overhead: Type.Optional(Amount),
    allocation_ratio: Type.Union([Type.Number({ minimum: 0, maximum: 1e6 }), Type.Null()]),
    initial_ratio: Type.Number({ minimum: 0, maximum: 1e6 }),
  },
  strict,
);

const Addition = Type.Object(
  {
    uuid: Type.Union([Uuid, Type.Null()]),
    name: Type.Union([Name, Type.Null()]),
    inventories: Type.Array(Inventory, few),
    traits: Type.Array(Name, few),
    where: Text,
  },
  strict,
);

export const Report = Type.Object(
  {
    host: Name,
    uuid: Uuid,
    incarnation: Count,
    host_ip: Text,
    availability_zone: Name,
    hypervisor_type: Name,
    hypervisor_version: Count,
    booted_at_ms: Type.Optional(Amount),
    cpu_info: Type.Record(Type.String({ maxLength: 255 }), Type.Unknown()),
    inventories: Type.Array(Inventory, few),
    cells: Type.Array(Cell, few),
    devices: Type.Optional(
      Type.Object({ pools: Type.Array(Pool, few), apart: Type.Array(Device, few) }, strict),
    ),
    metrics: Type.Optional(
      Type.Record(Type.String({ maxLength: 255 }), Type.Number({ minimum: -1e12, maximum: 1e12 })),
    ),
    cleaned: Type.Optional(
      Type.Array(Type.Object({ device: Name, address: Name, uses: Count }, strict), few),
    ),
    traits: Type.Array(Name, few),
    aggregates: Type.Array(Name, few),
    below: Type.Optional(Type.Array(Addition, few)),
    guests: Type.Array(Guest, { maxItems: 65_536 }),
  },
  strict,
);

// What is checked is what the rooms expect, field by field: a new field without its line here does
// not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const _report: Same<keyof Static<typeof Report>, keyof HostReport> = true;
const _guest: Same<keyof Static<typeof Guest>, keyof GuestReport> = true;
void _report;
void _guest;
