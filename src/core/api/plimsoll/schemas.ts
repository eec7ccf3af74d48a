/** The answers of our own API. Sizes carry their unit; times are ms since 1970 UTC. */
import { type TSchema, Type } from 'typebox';
import { Chosen } from './chosen-schemas.ts';
import { RefusalKind, Repair } from './repair-schemas.ts';
import { DeadlineOf, Transfer } from './transfers.ts';
import { CellRoom } from './why-not-schemas.ts';

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const strict = { additionalProperties: false };

export const Cell = Type.Object(
  {
    cell: Type.Integer({ description: 'the number of the NUMA cell on its host' }),
    vcpus: Type.Integer({ description: 'the most vCPUs that guests may hold here' }),
    vcpus_used: Type.Integer(),
    memory_mib: Type.Integer({ description: 'ordinary memory that guests may hold here' }),
    memory_mib_used: Type.Integer(),
    cpus: Type.Integer({ description: 'CPUs that a guest may have to itself' }),
    cpus_used: Type.Integer(),
    pages: Type.Array(
      Type.Object(
        {
          size_kib: Type.Integer(),
          total: Type.Integer(),
          reserved: Type.Integer({ description: 'kept back from guests' }),
          used: Type.Integer(),
        },
        strict,
      ),
      { description: 'memory in pages other than ordinary ones' },
    ),
  },
  strict,
);

const Device = Type.Object(
  {
    id: Type.String({ description: 'stays when addresses change' }),
    address: Type.String(),
    kind: Type.String({ description: 'PCI, PF, VF or mdev' }),
    vendor_id: Type.String(),
    product_id: Type.String(),
    cell: nullable(Type.Integer({ description: 'the NUMA cell that it is near' })),
    resource_class: Type.String(),
    state: Type.Union(
      [
        Type.Literal('free'),
        Type.Literal('held'),
        Type.Literal('barred'),
        Type.Literal('cleaning'),
        Type.Literal('gone'),
      ],
      { description: 'barred: a part of it is held, or what it is part of' },
    ),
    holder: nullable(Type.String({ description: 'the server, or the operation that moves it' })),
    parent: nullable(Type.String({ description: 'the id of what it is part of' })),
  },
  strict,
);

const total = () => Type.Integer({ description: 'what the hardware has' });
const used = () => Type.Integer({ description: 'what is claimed of it' });
const overhead = () => Type.Integer({ description: 'what running its guests takes besides' });
const limit = () => Type.Integer({ description: '(total − reserved) × ratio' });

export const Host = Type.Object(
  {
    name: Type.String(),
    uuid: Type.String(),
    provider_id: Type.Integer(),
    state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
    status: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')]),
    disabled_reason: nullable(Type.String()),
    availability_zone: Type.String(),
    vcpus: total(),
    vcpus_used: used(),
    vcpus_limit: limit(),
    memory_mib: total(),
    memory_mib_used: used(),
    memory_mib_overhead: overhead(),
    memory_mib_limit: limit(),
    disk_gib: total(),
    disk_gib_used: used(),
    disk_gib_overhead: overhead(),
    disk_gib_limit: limit(),
    servers: Type.Integer({ description: 'how many servers are on it' }),
    cells: Type.Array(Cell),
    devices: Type.Array(Device, { description: 'those that guests may have to themselves' }),
  },
  strict,
);

export const Server = Type.Object(
  {
    uuid: Type.String(),
    name: Type.String(),
    project_id: Type.String(),
    host: nullable(Type.String()),
    vm_state: Type.String(),
    task_state: nullable(Type.String()),
    vcpus: Type.Integer(),
    memory_mib: Type.Integer(),
    disk_gib: Type.Integer(),
    flavor: Type.String({ description: "the flavor's name" }),
    image_id: nullable(Type.String()),
    created_at_ms: Type.Integer(),
    fault: nullable(Type.String({ description: 'why it is in error' })),
    fault_reason: nullable(
      Type.String({ description: 'the same for programs: the kind of refusal, host-unanswered …' }),
    ),
    operation_id: nullable(Type.String({ description: 'the operation that has it in hand' })),
    explanation_id: nullable(Type.String({ description: 'why no host took it' })),
  },
  strict,
);

const timesOfRun = {
  started_at_ms: nullable(Type.Integer()),
  ended_at_ms: nullable(Type.Integer()),
  error: nullable(Type.String()),
};

export const Step = Type.Object(
  {
    name: Type.String(),
    kind: Type.String({ description: 'book: in the ledger; ask: of a host; wait: for another' }),
    state: Type.String(),
    round: Type.Integer({
      description: 'from 1; one more each time it went back to try elsewhere',
    }),
    attempts: Type.Integer({ description: 'how often it was asked' }),
    host: nullable(Type.String({ description: 'the host that it asks' })),
    ...timesOfRun,
  },
  strict,
);

const Waits = Type.Object(
  {
    for_what: Type.String({ description: 'what it lacks; a change of the fleet may bring it' }),
    since_ms: Type.Integer(),
    until_ms: Type.Integer({ description: 'when it is given up' }),
  },
  strict,
);

const operation = {
  id: Type.String(),
  saga: Type.String(),
  server_uuid: nullable(Type.String()),
  state: Type.String(),
  step: nullable(Type.String({ description: 'where it is' })),
  waits: nullable(Waits),
  ...timesOfRun,
};
export const OperationBrief = Type.Object(operation, strict);
const downtime_ms = nullable(
  Type.Number({ description: 'how long the guest stood still; null: not at all, or not measured' }),
);
export const Operation = Type.Object(
  {
    ...operation,
    downtime_ms,
    deadline: DeadlineOf,
    transfer: Type.Union([Transfer, Type.Null()], { description: 'while a guest is being sent' }),
    steps: Type.Array(Step),
  },
  strict,
);

const Miss = Type.Object(
  {
    host: Type.String(),
    filter: Type.String(),
    reason: Type.String(),
    resource: nullable(Type.String()),
    needed: nullable(Type.Number()),
    available: nullable(Type.Number()),
  },
  strict,
);

const Held = Type.Object(
  {
    consumer_uuid: Type.String(),
    name: Type.String({ description: "the server's, where it is one" }),
    amounts: Type.Record(Type.String(), Type.Number()),
  },
  strict,
);

export const Explanation = Type.Object({
  id: Type.String(),
  server_uuid: Type.String(),
  decided_at_ms: Type.Integer(),
  refusal: Type.Union([RefusalKind, Type.Null()], { description: 'null: it found a host' }),
  summary: Type.String({ description: 'one sentence for whoever asked' }),
  asked: Type.Object({}, { additionalProperties: true }),
  funnel: Type.Array(
    Type.Object({ filter: Type.String(), in: Type.Integer(), out: Type.Integer() }, strict),
  ),
  hosts: Type.Array(Miss, { description: 'the first failing constraint of each; operators only' }),
  hosts_total: Type.Integer(),
  nearest_miss: nullable(
    Type.Object(
      {
        host: Type.String(),
        sentence: Type.String(),
        held_by: Type.Array(Held, { description: 'who holds there what was asked for' }),
        cells: Type.Array(CellRoom, { description: 'what its NUMA cells have left' }),
      },
      strict,
    ),
  ),
  repairs: Type.Array(Repair, { description: 'each was tried and works; the cheapest first' }),
  chosen: Type.Union([Chosen, Type.Null()], { description: 'operators only, where it found one' }),
});

export const Problem = Type.Object(
  {
    code: Type.String({ description: 'stable; for programs' }),
    message: Type.String({ description: 'for people' }),
  },
  strict,
);
