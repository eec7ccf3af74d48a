/**
 * Draining: the plan for a full host among a thousand, of which the others are half full.
 *
 *   plan    each of its servers decided about and claimed, all taken back; the first plan finds the
 *           classes of its requests unknown, the others find them as they are kept
 */
import { present } from '../src/core/base/units.ts';
import { applyReport } from '../src/core/fleet/registry.ts';
import type { HostReport } from '../src/core/fleet/report.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { seedLedger } from '../src/core/ledger/standard.ts';
import { done } from '../src/core/ports/reply.ts';
import { allTables } from '../src/core/replica.ts';
import { planDrain } from '../src/core/sagas/drain-plan.ts';
import { claimPlace } from '../src/core/sagas/holds.ts';
import type { World } from '../src/core/sagas/world.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { type FlavorRow, type ServerRow, servers } from '../src/core/servers/rows.ts';
import { realEntropy } from '../src/real/entropy.ts';
import { SimStore } from '../src/sim/store.ts';
import { type Figure, figure, median } from './figure.ts';
import { clock } from './ledger.fleet.ts';

const HOSTS = 1_000;
const VCPUS = 64;
const MIB_A_VCPU = 4_096;
const ROUNDS = 15;
/** One after the other, until a host has no vCPU left. */
const SIZES = [1, 2, 4, 1, 2, 2];

export async function* figures(): AsyncGenerator<Figure> {
  const ledger = await Ledger.open(allTables, new SimStore(allTables), clock);
  await seedLedger(ledger);
  const scheduler = new Scheduler();
  const world = { scheduler } as unknown as World;
  for (let at = 0; at < HOSTS; at++) {
    await ledger.submit((draft) => applyReport(draft, reportOf(at)));
    await ledger.submit((draft) => done(fill(draft, scheduler, at, at === 0 ? VCPUS : VCPUS / 2)));
  }
  const spans_ms: number[] = [];
  let moves = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    await ledger.submit((draft) => {
      const from = performance.now();
      moves = planDrain(draft, world, 'host-0').filter(({ to }) => to !== null).length;
      spans_ms.push(performance.now() - from);
      return done(undefined);
    });
  }
  yield figure('drain: servers on the full host, all placed', HOSTS, moves, 'servers');
  yield figure('drain: the first plan', HOSTS, spans_ms[0] ?? Number.NaN, 'ms');
  yield figure('drain: a plan', HOSTS, median(spans_ms.slice(1)), 'ms');
}

function fill(draft: Draft, scheduler: Scheduler, at: number, vcpus: number): void {
  for (let used = 0, nth = 0; used < vcpus; nth++) {
    const size = Math.min(SIZES[nth % SIZES.length] as number, vcpus - used);
    used += size;
    const server = serverOn(`host-${at}`, size);
    const bounds = { ignore_hosts: [], only_hosts: [`host-${at}`] };
    const ask = scheduler.askFor(draft, server, bounds);
    const place = ask.is === 'done' ? scheduler.decide(draft, ask.value) : null;
    draft.put(servers, server);
    claimPlace(draft, server, present(place?.is === 'done' ? place.value : null, 'it is full'));
  }
}

const serverOn = (host: string, vcpus: number): ServerRow => ({
  uuid: realEntropy.uuid(),
  name: 'vm',
  project_id: 'p',
  user_id: 'u',
  flavor: flavorOf(vcpus),
  image_id: null,
  metadata: {},
  particulars: null,
  key_name: null,
  description: null,
  tags: [],
  availability_zone: null,
  host,
  vm_state: 'active',
  task_state: null,
  run_id: null,
  fault: null,
  group_uuid: null,
  hints: {},
  lock: null,
  reservation_id: null,
  launched_at_ms: 0,
  created_at_ms: 0,
  updated_at_ms: 0,
});

const flavorOf = (vcpus: number): FlavorRow => ({
  id: `f${vcpus}`,
  name: `f${vcpus}`,
  vcpus,
  memory_mib: vcpus * MIB_A_VCPU,
  disk_gib: 10,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: {},
  access: [],
  created_at_ms: 0,
});

const reportOf = (at: number): HostReport => ({
  host: `host-${at}`,
  uuid: realEntropy.uuid(),
  incarnation: 1,
  host_ip: '127.0.0.1',
  availability_zone: 'nova',
  hypervisor_type: 'simulated',
  hypervisor_version: 1,
  cpu_info: {},
  inventories: [
    ['VCPU', VCPUS] as const,
    ['MEMORY_MB', VCPUS * MIB_A_VCPU] as const,
    ['DISK_GB', 4_000] as const,
  ].map(([resource_class, total]) => ({
    resource_class,
    total,
    reserved: 0,
    allocation_ratio: 1,
    initial_ratio: 1,
  })),
  cells: [],
  traits: [],
  aggregates: [],
  guests: [],
});
