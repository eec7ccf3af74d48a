/** One of each that our own API answers with, for tests; plimsoll.test.ts holds them to schemas. */
import type { Static } from 'typebox';
import type { Explanation, Host, Operation, Server } from '../core/api/plimsoll/schemas.ts';

const BEGAN_MS = 1_795_255_200_000;

export const host: Static<typeof Host> = {
  name: 'host-1',
  uuid: '1f0e9c1c-0000-4000-8000-000000000001',
  provider_id: 1,
  state: 'up',
  status: 'enabled',
  disabled_reason: null,
  availability_zone: 'nova',
  vcpus: 8,
  vcpus_used: 6,
  vcpus_limit: 32,
  memory_mib: 16_384,
  memory_mib_used: 4_096,
  memory_mib_overhead: 0,
  memory_mib_limit: 15_872,
  disk_gib: 100,
  disk_gib_used: 20,
  disk_gib_overhead: 0,
  disk_gib_limit: 100,
  servers: 2,
  cells: [],
  devices: [],
};

export const server: Static<typeof Server> = {
  uuid: '5e72e200-0000-4000-8000-000000000001',
  name: 'web-1',
  project_id: 'p1',
  host: null,
  vm_state: 'error',
  task_state: null,
  vcpus: 64,
  memory_mib: 512,
  disk_gib: 1,
  flavor: 'huge',
  image_id: null,
  created_at_ms: BEGAN_MS,
  fault: 'No host has 64 vCPUs free.',
  fault_reason: 'no-room',
  operation_id: null,
  explanation_id: 'ex-1',
};

const times = { started_at_ms: BEGAN_MS, ended_at_ms: null, error: null };

export const operation: Static<typeof Operation> = {
  id: '0190a3c2-0000-7000-8000-000000000001',
  saga: 'live-migrate',
  server_uuid: server.uuid,
  state: 'running',
  step: 'claim',
  waits: null,
  ...times,
  downtime_ms: null,
  deadline: null,
  transfer: null,
  steps: [
    { name: 'fence', kind: 'book', state: 'done', round: 1, attempts: 1, host: null, ...times },
    {
      name: 'claim',
      kind: 'ask',
      state: 'started',
      round: 1,
      attempts: 1,
      host: 'host-2',
      ...times,
    },
  ],
};

export const explanation: Static<typeof Explanation> = {
  id: 'ex-1',
  server_uuid: server.uuid,
  decided_at_ms: BEGAN_MS,
  refusal: 'no-room',
  summary: 'No host has 64 vCPUs free.',
  asked: {},
  funnel: [{ filter: 'capacity', in: 1, out: 0 }],
  hosts: [
    {
      host: 'host-1',
      filter: 'capacity',
      reason: 'asks 64 VCPU, has 32 free',
      resource: 'VCPU',
      needed: 64,
      available: 32,
    },
  ],
  hosts_total: 1,
  chosen: null,
  nearest_miss: {
    host: 'host-1',
    sentence: 'host-1 comes nearest: it has 32 VCPU left',
    held_by: [
      {
        consumer_uuid: '5e72e200-0000-4000-8000-000000000002',
        name: 'db-1',
        amounts: { VCPU: 32 },
      },
    ],
    cells: [],
  },
  repairs: [
    {
      kind: 'free',
      sentence: 'free 32 VCPU on host-1: move or delete db-1',
      host: 'host-1',
      amounts: { VCPU: 32 },
      consumer_uuids: ['5e72e200-0000-4000-8000-000000000002'],
    },
  ],
};

/** Of a server that found a host. */
export const choice: Static<typeof Explanation> = {
  ...explanation,
  id: 'ex-2',
  refusal: null,
  summary: '2 of 3 hosts could take 1 VCPU: the best by policy spread was chosen.',
  funnel: [{ filter: 'capacity', in: 3, out: 2 }],
  hosts: [],
  hosts_total: 3,
  nearest_miss: null,
  repairs: [],
  chosen: {
    host: 'host-2',
    score: 3.5,
    points: [{ weigher: 'room', weight: 4, merit: 0.875, points: 3.5 }],
    runners_up: [{ host: 'host-3', score: 3, behind_by: { weigher: 'room', points: 0.5 } }],
    passed_over: [{ filter: 'tenants', hosts: 1 }],
  },
};
