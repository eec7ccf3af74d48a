/** A world of one host for tests of the audit: real ledger, agent and wire, simulated machine. */
import { equal, ok } from 'node:assert/strict';
import { SimClock } from '../../sim/clock.ts';
import { SimFabric } from '../../sim/fabric.ts';
import { plainFlavors } from '../../sim/flavors.ts';
import { simulatedHost } from '../../sim/simulated-host.ts';
import { SimStore } from '../../sim/store.ts';
import { present } from '../base/units.ts';
import type { RunRow } from '../conductor/rows.ts';
import { applyReport } from '../fleet/registry.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import { Ledger } from '../ledger/ledger.ts';
import { MEMORY_MB, seedLedger, VCPU } from '../ledger/standard.ts';
import { silent } from '../ports/journal.ts';
import type { Order } from '../ports/order.ts';
import { done, type Reply } from '../ports/reply.ts';
import { handOver, type Wire } from '../ports/wire.ts';
import { allTables } from '../replica.ts';
import type { ServerRow } from '../servers/rows.ts';
import { Audit } from './audit.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const [small] = plainFlavors;
export const spec = {
  uuid: 's',
  name: 's',
  vcpus: 1,
  memory_mib: 1024,
  disk_gib: 10,
  image_id: null,
  nodes: [],
};

export const server = (host: string | null, more: Partial<ServerRow> = {}): ServerRow => ({
  uuid: 's',
  name: 's',
  project_id: 'p',
  user_id: 'u',
  flavor: present(small, 'no flavor'),
  image_id: null,
  metadata: {},
  key_name: null,
  description: null,
  tags: [],
  availability_zone: null,
  host,
  vm_state: 'active',
  task_state: null,
  run_id: null,
  fault: null,
  lock: null,
  reservation_id: null,
  particulars: null,
  group_uuid: null,
  hints: {},
  launched_at_ms: null,
  created_at_ms: 0,
  updated_at_ms: 0,
  ...more,
});

/** As the flavor of all servers here asks. */
const needsOf = () => ({
  resources: { VCPU: 1, MEMORY_MB: 1024 },
  grouped: false,
  domain: '',
});

export const run = (state: RunRow['state']): RunRow => ({
  id: 'r',
  saga: 'live-migrate',
  server_uuid: 'gone',
  input: {},
  state,
  cursor: null,
  known: {},
  tried: [],
  retreat_to: null,
  error: null,
  cancel_requested: false,
  waits: null,
  stuck: null,
  trace: null,
  owner: 'o',
  fence: 1,
  started_at_ms: 0,
  ended_at_ms: 1,
});

export async function world() {
  const clock = new SimClock();
  const made = await simulatedHost({
    name: 'h',
    uuid: 'aaaaaaaa-0000-4000-8000-000000000001',
    cores: 8,
    memory_mib: 8192,
    disk_gib: 100,
    fabric: new SimFabric(),
    clock,
  });
  ok(made.is === 'done');
  const { agent, hypervisor } = made.value;
  const ledger = await Ledger.open(allTables, new SimStore(allTables), clock);
  await seedLedger(ledger);
  const orders: Order[] = [];
  const ways = { back: async (_: Order) => {} };
  const wire: Wire = {
    ask: async (_, order) => {
      orders.push(order);
      const answer = await handOver(order, agent.incarnation, agent);
      await ways.back(order);
      return answer;
    },
  };
  const audit = new Audit({ ledger, wire, clock, journal: silent, owner: 'me', needsOf });
  const play = async <T>(promise: Promise<T>): Promise<T> => {
    let open = true;
    const outcome = promise.finally(() => {
      open = false;
    });
    ok(await clock.timeline.run(drain, () => !open), 'it never came to anything');
    return outcome;
  };
  const write = (change: (draft: Draft) => unknown): Promise<Reply<unknown, unknown>> =>
    play(
      ledger.submit((draft) => {
        change(draft);
        return done(undefined);
      }),
    );
  const report = await play(agent.report());
  ok(report.is === 'done');
  await write((draft) => applyReport(draft, report.value));
  const boot = (key = 'c/boot') => play(agent.handle({ verb: 'boot', key, guest: spec }));
  const guests = () => hypervisor.look().map(({ made_by, power }) => `${made_by} ${power}`);
  const found = async () => (await play(audit.host('h'))).map(({ is }) => is);
  return { agent, hypervisor, ledger, orders, ways, audit, play, write, boot, guests, found };
}

export function claim(draft: Draft, consumer_uuid: string, consumer_type = 'INSTANCE'): void {
  const provider_id = draft.books.providerNamed('h')?.id as number;
  const amounts = [
    { provider_id, resource_class_id: VCPU, amount: 1 },
    { provider_id, resource_class_id: MEMORY_MB, amount: 1024 },
  ];
  const owner = { project_id: 'p', user_id: 'u' };
  equal(claimAll(draft, [{ consumer_uuid, ...owner, consumer_type, amounts }]).is, 'done');
}
