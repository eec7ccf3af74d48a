/**
 * Goal: A1 to A4 and TR1, TR2: each key is answered once, what was closed never acts, a host never
 * takes more than it has, and nobody waits behind a hypervisor that hangs.
 * Method: an agent before a simulated hypervisor with planned mishaps on a virtual clock; then a
 * property that gives random orders at once and looks at what runs after every event.
 * Mutants tried: answers not remembered; a `no` forgotten; a destroy done again for its late copy;
 * guests being made not counted, or forgotten as soon as their order ended; closing left out; a
 * `no` said while an earlier try is open; cells or ratios not looked at.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { SimClock } from '../../sim/clock.ts';
import { SimFabric } from '../../sim/fabric.ts';
import type { Mishap } from '../../sim/hypervisor.ts';
import type { Verb } from '../../sim/latencies.ts';
import { type SimulatedHostAbout, simulatedHost } from '../../sim/simulated-host.ts';
import { Chance } from '../base/seeded.ts';
import { millis } from '../base/units.ts';
import { silent } from '../ports/journal.ts';
import type { GuestSpec, Order } from '../ports/order.ts';
import { Agent } from './agent.ts';
import { plainConfig } from './config.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const spec = (uuid: string, more: Partial<GuestSpec> = {}): GuestSpec => ({
  uuid,
  name: uuid,
  vcpus: 1,
  memory_mib: 1024,
  disk_gib: 10,
  image_id: null,
  nodes: [],
  ...more,
});
const boot = (key: string, guest: GuestSpec): Extract<Order, { verb: 'boot' }> => ({
  verb: 'boot',
  key,
  guest,
});
const destroy = (key: string, uuid: string, closes: string | null = null) =>
  ({ verb: 'destroy', key, uuid, closes }) as const;

async function host(more: Partial<SimulatedHostAbout> = {}) {
  const clock = new SimClock();
  const mishaps = new Map<Verb, Mishap>();
  const made = await simulatedHost({
    name: 'h',
    uuid: 'host-uuid',
    cores: 4,
    memory_mib: 4096,
    disk_gib: 100,
    fabric: new SimFabric(),
    clock,
    mishap: (verb) => {
      const found = mishaps.get(verb) ?? null;
      mishaps.delete(verb);
      return found;
    },
    ...more,
  });
  ok(made.is === 'done');
  const { agent, hypervisor } = made.value;
  const play = async <T>(promise: Promise<T>, until_ms?: number): Promise<T | 'nothing'> => {
    let open = true;
    const outcome = promise.finally(() => {
      open = false;
    });
    const ended = await clock.timeline.run(drain, () => !open, until_ms);
    return ended ? outcome : 'nothing';
  };
  const guests = () => hypervisor.look().map(({ spec: { uuid } }) => uuid);
  /** The agent's next life, on the same machine. */
  const reborn = () =>
    new Agent({
      host: 'h',
      uuid: 'host-uuid',
      incarnation: agent.incarnation + 1,
      config: plainConfig,
      hypervisor,
      clock,
      journal: silent,
    });
  return { clock, mishaps, agent, hypervisor, play, guests, reborn };
}

const why = (reply: unknown) => (reply as { why?: { why: string } }).why?.why;

test('the same key: the same answer, and one guest; at once and later (A1)', async () => {
  const { agent, play, guests, mishaps } = await host();
  const both = [agent.handle(boot('r/boot', spec('g'))), agent.handle(boot('r/boot', spec('g')))];
  const [first, second] = (await play(Promise.all(both))) as unknown[];
  deepEqual(first, { is: 'done', value: { power: 'running' } });
  deepEqual(second, first);
  mishaps.set('boot', { is: 'refuse', message: 'must not be asked' });
  deepEqual(await play(agent.handle(boot('r/boot', spec('g')))), first);
  deepEqual(guests(), ['g']);
});

test('a refusal stands for its key, and another key may find room (A3, AN1)', async () => {
  const { agent, play, guests } = await host();
  await play(agent.handle(boot('r/boot', spec('big', { memory_mib: 4096 }))));
  const refused = await play(agent.handle(boot('s/boot', spec('g'))));
  deepEqual(refused, {
    is: 'no',
    why: { why: 'no-room', message: 'asks 1024 MiB, has 0 MiB free' },
  });
  await play(agent.handle(destroy('r/destroy', 'big')));
  deepEqual(await play(agent.handle(boot('s/boot', spec('g')))), refused);
  deepEqual(guests(), []);
  equal(((await play(agent.handle(boot('s/boot@2', spec('g'))))) as { is: string }).is, 'done');
});

test('a boot after its undo is refused, however it was answered before (A2)', async () => {
  const { agent, play, guests } = await host();
  await play(agent.handle(destroy('r/boot/undo', 'g', 'r/boot')));
  equal(why(await play(agent.handle(boot('r/boot', spec('g'))))), 'closed');
  await play(agent.handle(boot('s/boot', spec('g'))));
  await play(agent.handle(destroy('s/boot/undo', 'g', 's/boot')));
  equal(why(await play(agent.handle(boot('s/boot', spec('g'))))), 'closed');
  deepEqual(guests(), []);
});

test('an agent that starts again knows its guests and what was closed', async () => {
  const { agent, play, reborn, guests } = await host();
  await play(agent.handle(boot('r/boot', spec('g', { memory_mib: 3072 }))));
  await play(agent.handle(destroy('s/boot/undo', 'x', 's/boot')));
  const next = reborn();
  equal(why(await play(next.handle(boot('s/boot', spec('x'))))), 'closed');
  equal(why(await play(next.handle(boot('t/boot', spec('y', { memory_mib: 2048 }))))), 'no-room');
  const again = await play(next.handle(boot('r/boot', spec('g', { memory_mib: 3072 }))));
  deepEqual(again, { is: 'done', value: { power: 'running' } });
  deepEqual(guests(), ['g']);
});

test('a late copy of a destroy leaves the guest that came later alone', async () => {
  const { agent, play, guests } = await host();
  await play(agent.handle(boot('r/boot', spec('g'))));
  await play(agent.handle(destroy('s/leave', 'g')));
  await play(agent.handle(boot('t/boot', spec('g'))));
  await play(agent.handle(destroy('s/leave', 'g')));
  deepEqual(guests(), ['g']);
});

test('nobody waits behind a boot that hangs; its destroy shuts it out (A4)', async () => {
  const { agent, play, guests, mishaps, clock } = await host();
  mishaps.set('boot', { is: 'late', by_ms: 100_000 });
  const hanging = agent.handle(boot('r/boot', spec('g')));
  await play(hanging, 2_000);
  equal(((await play(agent.handle(boot('s/boot', spec('x'))))) as { is: string }).is, 'done');
  await play(agent.handle(destroy('r/boot/undo', 'g', 'r/boot')), 10_000);
  ok(clock.now() < 10_000);
  equal(why(await play(hanging)), 'closed');
  deepEqual(guests(), ['x']);
});

test('a boot that hung and was closed gives its room back', async () => {
  const { agent, play, mishaps } = await host();
  const whole = { memory_mib: 4096 };
  mishaps.set('boot', { is: 'hang' });
  equal(await play(agent.handle(boot('r/boot', spec('g', whole)))), 'nothing');
  equal(why(await play(agent.handle(boot('s/boot', spec('x', whole))))), 'no-room');
  await play(agent.handle(destroy('r/boot/undo', 'g', 'r/boot')));
  equal(why(await play(agent.handle(boot('t/boot', spec('x', whole))))), undefined);
});

test('a guest that is there is there, even if the machine claims to have shrunk', async () => {
  const { agent, play, mishaps, reborn } = await host();
  await play(agent.handle(boot('r/boot', spec('g'))));
  mishaps.set('describe', { is: 'misreport', memory_mib: 1 });
  equal(why(await play(reborn().handle(boot('r/boot', spec('g'))))), undefined);
});

test('a deaf hypervisor is asked once more for whoever asks again after a while', async () => {
  const { agent, play, guests, mishaps, clock } = await host();
  mishaps.set('boot', { is: 'hang' });
  equal(await play(agent.handle(boot('r/boot', spec('g')))), 'nothing');
  equal(await play(agent.handle(boot('r/boot', spec('g')))), 'nothing');
  await play(clock.sleep(millis(20_000)));
  deepEqual(await play(agent.handle(boot('r/boot', spec('g')))), {
    is: 'done',
    value: { power: 'running' },
  });
  deepEqual(guests(), ['g']);
});

test('no `no` is said while an earlier try may still act (AN2)', async () => {
  const { agent, play, mishaps, clock, guests } = await host();
  mishaps.set('boot', { is: 'late', by_ms: 60_000 });
  const first = agent.handle(boot('r/boot', spec('g')));
  await play(first, 1_000);
  await play(clock.sleep(millis(20_000)));
  mishaps.set('boot', { is: 'refuse', message: 'not now' });
  deepEqual(await play(agent.handle(boot('r/boot', spec('g')))), { is: 'lost' });
  equal(((await play(first)) as { is: string }).is, 'done');
  deepEqual(guests(), ['g']);
});

test('NUMA cells: there, and with room (RT: what was claimed is there)', async () => {
  const { agent, play } = await host({ cells: 2 });
  const node = (cell: number, memory_mib = 1024, vcpus = 1) => ({ cell, vcpus, memory_mib });
  const ask = async (key: string, ...nodes: ReturnType<typeof node>[]) => {
    const reply = await play(agent.handle(boot(`${key}/boot`, spec(key, { nodes }))));
    return (reply as { why?: { message: string } }).why?.message ?? 'done';
  };
  equal(await ask('a', node(0), node(1)), 'done');
  match(await ask('b', node(2)), /no NUMA cell 2/);
  match(await ask('c', node(1, 1025)), /asks 1025 MiB of NUMA cell 1, which has 1024 MiB free/);
  match(await ask('d', node(0, 1, 8)), /asks 8 vCPUs of NUMA cell 0, which has 7 free/);
  equal(await ask('e', node(1)), 'done');
});

test('what is oversold is what the ledger says, unless the operator has said it', async () => {
  const learned = await host();
  learned.agent.learn({ MEMORY_MB: 2 });
  const two = spec('g', { memory_mib: 8192 });
  equal(why(await learned.play(learned.agent.handle(boot('r/boot', two)))), undefined);
  const configured = await host({ config: { memory_ratio: 1, reserved_memory_mib: 96 } });
  configured.agent.learn({ MEMORY_MB: 2 });
  const much = spec('g', { memory_mib: 4001 });
  equal(why(await configured.play(configured.agent.handle(boot('r/boot', much)))), 'no-room');
});

test('a report says what the machine has and who runs on it', async () => {
  const added = { uuid: null, name: 'theirs', inventories: [], traits: ['CUSTOM_T'], where: 'a:1' };
  const config = { reserved_cores: 1, cpu_ratio: 2, below: [added] };
  const { agent, play } = await host({ cells: 2, config });
  await play(agent.handle(boot('r/boot', spec('g'))));
  const report = await play(agent.report());
  ok(report !== 'nothing' && report.is === 'done');
  const { inventories, cells, traits, guests, incarnation, below } = report.value;
  deepEqual(below, [added]);
  deepEqual(inventories[0], {
    resource_class: 'VCPU',
    total: 4,
    reserved: 1,
    allocation_ratio: 2,
    initial_ratio: 4,
  });
  deepEqual(
    cells.map(({ memory_mib }) => memory_mib),
    [2048, 2048],
  );
  ok(traits.includes('COMPUTE_NODE'));
  equal(guests[0]?.made_by, 'r/boot');
  equal(incarnation, 1);
});

test('a sealed landing is closed here too; one that has landed is not', async () => {
  const { agent, play, guests } = await host();
  const landing = { verb: 'receive', key: 'r/landing', guest: spec('g') } as const;
  await play(agent.handle(landing));
  deepEqual(guests(), ['g']);
  const seal = { verb: 'seal', key: 'r/seal', uuid: 'g', landing: 'r/landing' } as const;
  deepEqual(await play(agent.handle(seal)), { is: 'done', value: { landed: false } });
  equal(why(await play(agent.handle(landing))), 'closed');
  deepEqual(guests(), []);
});

test('orders given at once never take more than there is, nor refuse what would fit', async () => {
  const seen = { done: 0, refused: 0, destroyed: 0 };
  const order = fc.record({
    uuid: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    memory_mib: fc.constantFrom(1024, 2048, 3072),
    destroy: fc.boolean(),
    pause_ms: fc.constantFrom(0, 5, 400, 2000),
  });
  const property = fc.asyncProperty(
    fc.array(order, { maxLength: 12 }),
    fc.nat(),
    async (orders, seed) => {
      const { agent, hypervisor, clock } = await host({ chance: new Chance(String(seed)) });
      const look = () => {
        const used = hypervisor.look().reduce((sum, one) => sum + one.spec.memory_mib, 0);
        ok(used <= 4096, `${used} MiB of 4096`);
      };
      const until = async (at_ms: number) => {
        while (clock.timeline.next_ms !== null && clock.timeline.next_ms <= at_ms) {
          clock.step();
          await drain();
          look();
        }
      };
      for (const [at, { uuid, memory_mib, destroy: end, pause_ms }] of orders.entries()) {
        const given = end
          ? agent.handle(destroy(`${at}/destroy`, uuid))
          : agent.handle(boot(`${at}/boot`, spec(uuid, { memory_mib })));
        void given.then(({ is }) => {
          if (end) seen.destroyed++;
          else seen[is === 'done' ? 'done' : 'refused']++;
        });
        await until(clock.now() + pause_ms);
      }
      await until(Number.POSITIVE_INFINITY);
      const free = 4096 - hypervisor.look().reduce((sum, one) => sum + one.spec.memory_mib, 0);
      if (free === 0) return;
      const fits = agent.handle(boot('last/boot', spec('last', { memory_mib: free })));
      let answered = '';
      void fits.then(({ is }) => {
        answered = is;
      });
      await until(Number.POSITIVE_INFINITY);
      equal(answered, 'done');
    },
  );
  await fc.assert(property, { numRuns: 60 });
  for (const [outcome, times] of Object.entries(seen)) ok(times > 0, `never tried: ${outcome}`);
});
