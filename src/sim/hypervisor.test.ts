/**
 * Goal: the simulated driver keeps H1 to H6, through mishaps, power cuts and restarts as well.
 * Method: the contract on a virtual clock; each mishap once; then a property that plays random
 * orders, cuts and returns on three machines, and looks after every event: no guest runs twice.
 * Mutants tried: a source that does not pause its guest, or lets it run again unasked; `settle`
 * that takes no answer for "not taken"; closed keys, or a cut while waiting, not looked at; a
 * sealed or closed landing left open; a landing that fetches sealed as landed; a source's end that
 * its guest elsewhere does not feel; `crash` that keeps landings; an unkept arrival given away.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { Chance } from '../core/base/seeded.ts';
import { millis } from '../core/base/units.ts';
import { hypervisorContract } from '../core/ports/hypervisor.contract.ts';
import { bytesOf } from '../core/ports/image-files.contract.ts';
import { AT_DEADLINE, type AtDeadline, type GuestSpec } from '../core/ports/order.ts';
import { SimClock } from './clock.ts';
import { SimFabric } from './fabric.ts';
import { SimGuestShelf } from './guest-shelf.ts';
import { type Mishap, SimHypervisor } from './hypervisor.ts';
import { SimImageFiles } from './image-files.ts';
import type { Verb } from './latencies.ts';
import { SimMachine } from './machine.ts';
import { machineOf } from './simulated-host.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const describes = machineOf({ cores: 8, memory_mib: 16_384, disk_gib: 100, cells: 2 });
const guest: GuestSpec = {
  uuid: 'g',
  name: 'g',
  vcpus: 1,
  memory_mib: 1024,
  disk_gib: 1,
  image_id: null,
  nodes: [],
};

async function world(names = ['a', 'b'], seed = 'x') {
  const clock = new SimClock();
  const fabric = new SimFabric();
  const images = new SimImageFiles();
  const shelves = new Map(names.map((name) => [name, new SimGuestShelf()]));
  const mishaps = new Map<Verb, Mishap>();
  const mishap = (verb: Verb) => {
    const found = mishaps.get(verb) ?? null;
    mishaps.delete(verb);
    return found;
  };
  const open = async (name: string) => {
    const opened = await SimMachine.open(shelves.get(name) as SimGuestShelf);
    ok(opened.is === 'done');
    const chance = new Chance(`${seed}/${name}`);
    const machine = opened.value;
    return new SimHypervisor({ name, describes, machine, clock, chance, fabric, mishap, images });
  };
  const machines = new Map<string, SimHypervisor>();
  for (const name of names) machines.set(name, await open(name));
  const at = (name: string) => machines.get(name) as SimHypervisor;
  const restart = async (name: string) => void machines.set(name, await open(name));
  /** Plays the world until the promise is decided. */
  const play = async <T>(promise: Promise<T>): Promise<T> => {
    let open = true;
    const outcome = promise.finally(() => {
      open = false;
    });
    outcome.catch(() => {});
    await clock.timeline.run(drain, () => !open);
    ok(!open, 'it never came to anything');
    return outcome;
  };
  const running = () =>
    names.filter(
      (name) =>
        at(name).up &&
        at(name)
          .look()
          .some(({ power }) => power === 'running'),
    );
  return { clock, fabric, shelves, images, mishaps, at, restart, play, running };
}

for (const [promise, holds] of Object.entries(hypervisorContract)) {
  test(`simulated: ${promise}`, async () => {
    const { at, play, images } = await world();
    const saved = async (id: string) => (await bytesOf(images, id))?.length ?? null;
    await play(holds({ here: at('a'), there: at('b'), guest, saved }));
  });
}

async function landing() {
  const all = await world();
  await all.play(all.at('a').boot('r/boot', guest));
  const received = await all.play(all.at('b').receive('r/landing', guest));
  ok(received.is === 'done');
  return { ...all, address: received.value.address };
}

test('refused: nothing is done; unheard: it is done, and `guests` tells (H6)', async () => {
  const { at, mishaps, play, running } = await world();
  mishaps.set('boot', { is: 'refuse', message: 'no such machine type' });
  const refused = await play(at('a').boot('r/boot', guest));
  deepEqual(refused, { is: 'no', why: { why: 'failed', message: 'no such machine type' } });
  deepEqual(running(), []);
  mishaps.set('boot', { is: 'unheard' });
  equal((await play(at('a').boot('r/boot', guest))).is, 'lost');
  deepEqual(running(), ['a']);
  equal((await play(at('a').boot('r/boot', guest))).is, 'done');
});

test('a boot held up until after its end does nothing', async () => {
  const { at, mishaps, play, running } = await world();
  mishaps.set('boot', { is: 'late', by_ms: 60_000 });
  const booting = at('a').boot('r/boot', guest);
  await play(at('a').close('r/boot'));
  await play(at('a').destroy('r/undo', guest.uuid));
  deepEqual(await play(booting), { is: 'no', why: { why: 'closed' } });
  deepEqual(running(), []);
});

test('a misreport is told once', async () => {
  const { at, mishaps, play } = await world();
  mishaps.set('describe', { is: 'misreport', memory_mib: 1 });
  const first = await play(at('a').describe());
  const second = await play(at('a').describe());
  ok(first.is === 'done' && first.value.memory_mib === 1);
  ok(second.is === 'done' && second.value.memory_mib === 16_384);
});

test('guests, closed steps and lives are found again after a restart', async () => {
  const { at, play, restart, running } = await world();
  await play(at('a').boot('r/boot', guest));
  await play(at('a').close('s/boot'));
  await restart('a');
  deepEqual(running(), ['a']);
  const late = await play(at('a').boot('s/boot', { ...guest, uuid: 'other' }));
  deepEqual(late, { is: 'no', why: { why: 'closed' } });
});

test('a guest that cannot be kept is not there', async () => {
  const { at, play, shelves, running } = await world();
  (shelves.get('a') as SimGuestShelf).full = true;
  equal((await play(at('a').boot('r/boot', guest))).is, 'no');
  deepEqual(running(), []);
});

test('power cuts: guests crash, landings are gone, what was asked is not heard', async () => {
  const { at, play, address } = await landing();
  at('b').die();
  equal((await play(at('b').guests())).is, 'lost');
  at('b').comeBack();
  deepEqual(at('b').look(), []);
  const sent = await play(at('a').send('r/send', guest.uuid, address));
  equal(sent.is, 'no');
  const asked = at('a').boot('s/boot', { ...guest, uuid: 'other' });
  at('a').die();
  at('a').comeBack();
  equal((await play(asked)).is, 'lost');
  deepEqual(
    at('a')
      .look()
      .map(({ spec, power }) => `${spec.uuid} ${power}`),
    ['g crashed'],
  );
  await play(at('a').boot('r/boot', guest));
  equal(at('a').look()[0]?.power, 'running');
});

/** Lets the sending go on until the guest stands still. */
async function untilLeaving(all: Awaited<ReturnType<typeof landing>>) {
  const paused = () => all.at('a').look()[0]?.power === 'paused';
  await all.clock.timeline.run(drain, paused);
  ok(paused());
}

test('the power goes while a guest is leaving: its landing tells where it is', async () => {
  for (const sealed of [false, true]) {
    const all = await landing();
    const sending = all.at('a').send('r/send', guest.uuid, all.address);
    await untilLeaving(all);
    await all.restart('a');
    const [departure] = all.at('a').look();
    equal(departure?.power, 'paused');
    if (sealed) await all.play(all.at('b').seal('r/seal', guest.uuid, 'r/landing'));
    await all.play(sending);
    await all.play(all.at('a').guests());
    equal(all.running().length, 1);
  }
});

test('an arrival that is on no shelf yet is not given away by the source', async () => {
  const all = await landing();
  (all.shelves.get('b') as SimGuestShelf).full = true;
  equal((await all.play(all.at('a').send('r/send', guest.uuid, all.address))).is, 'done');
  deepEqual(all.running(), ['b']);
  equal(all.at('a').look()[0]?.power, 'paused');
  all.fabric.cut('a', 'b');
  await all.play(all.at('a').guests());
  deepEqual(all.running(), ['b']);
  all.fabric.mend('a', 'b');
  (all.shelves.get('b') as SimGuestShelf).full = false;
  await all.restart('b');
  await all.play(all.at('a').guests());
  deepEqual(all.running(), ['a']);
});

test('a cut between two machines: no way there, and mended it goes', async () => {
  const { at, fabric, play, address, running } = await landing();
  fabric.cut('b', 'a');
  equal((await play(at('a').send('r/send', guest.uuid, address))).is, 'no');
  deepEqual(running(), ['a']);
  fabric.mend('a', 'b');
  equal((await play(at('a').send('s/send', guest.uuid, address))).is, 'done');
  deepEqual(running(), ['b']);
});

/** It runs on b, and half of its memory is on a still. */
async function halfThere() {
  const all = await landing();
  const deadline = { after_ms: 0, action: 'post-copy' } as const;
  const sending = all.at('a').send('r/send', guest.uuid, all.address, deadline);
  const far = async () => {
    const seen = await all.at('a').progress(guest.uuid);
    return seen.is === 'done' && seen.value?.post_copy === true;
  };
  while (!(await all.play(far())));
  deepEqual(all.running(), ['b']);
  const seal = () => all.play(all.at('b').seal('r/seal', guest.uuid, 'r/landing'));
  return { ...all, sending, seal };
}

test('post-copy: it runs there, nothing brings it back, and it has landed when it is whole', async () => {
  const { at, play, sending, seal, running } = await halfThere();
  equal((await play(at('a').abort('r/abort', guest.uuid))).is, 'no');
  equal((await seal()).is, 'no');
  equal((await play(sending)).is, 'done');
  deepEqual(await seal(), { is: 'done', value: { landed: true } });
  deepEqual([running(), at('a').look()], [['b'], []]);
});

test('post-copy: who goes down then takes the guest along, and it has crashed there', async () => {
  for (const [name, ends] of [
    ['a', (at: SimHypervisor) => at.die()],
    ['b', (at: SimHypervisor) => at.die()],
    ['a', (at: SimHypervisor) => void at.destroy('r/end', guest.uuid)],
  ] as const) {
    const { at, play, clock, seal } = await halfThere();
    ends(at(name));
    await play(clock.sleep(millis(1_000)));
    if (!at(name).up) at(name).comeBack();
    deepEqual(await seal(), { is: 'done', value: { landed: true } });
    deepEqual(
      at('b')
        .look()
        .map(({ power }) => power),
      ['crashed'],
    );
    await play(clock.sleep(millis(10_000)));
    equal((await play(at('a').guests())).is, 'done');
    deepEqual(at('a').look(), []);
  }
});

test('post-copy: a program that ends, and a way that is cut, only hold it up', async () => {
  const { at, play, restart, fabric, seal, running } = await halfThere();
  fabric.cut('a', 'b');
  await restart('a');
  await play(at('a').guests());
  equal((await seal()).is, 'no');
  fabric.mend('a', 'b');
  await play(at('a').guests());
  deepEqual(await seal(), { is: 'done', value: { landed: true } });
  deepEqual([running(), at('a').look()], [['b'], []]);
});

test('whatever is asked, whoever loses power: the guest never runs twice (H4)', async () => {
  const seen = { sent: 0, not_sent: 0, lost: 0, landed: 0, not_landed: 0, cuts: 0 };
  const names = ['a', 'b', 'c'];
  const place = fc.constantFrom(...names);
  const times = fc.constantFrom(undefined, ...AT_DEADLINE);
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ move: place, to: place, seal: fc.boolean(), by: times }) },
    { weight: 2, arbitrary: fc.record({ cut: place, for_ms: fc.nat(3000) }) },
    { weight: 1, arbitrary: fc.record({ destroy: place }) },
    { weight: 2, arbitrary: fc.record({ wait_ms: fc.nat(4000) }) },
  );
  const property = fc.asyncProperty(
    fc.array(event, { maxLength: 14 }),
    fc.nat(),
    async (events, seed) => {
      const all = await world(names, String(seed));
      const { at, clock } = all;
      await all.play(at('a').boot('r/boot', guest));
      let step = 0;
      const move = async (from: string, to: string, seal: boolean, by?: AtDeadline) => {
        const deadline = by && { after_ms: 500, action: by };
        const key = `move-${step++}`;
        const received = await at(to).receive(`${key}/landing`, guest);
        if (received.is !== 'done') return;
        const sending = at(from).send(`${key}/send`, guest.uuid, received.value.address, deadline);
        if (!seal) {
          const sent = await sending;
          seen[sent.is === 'done' ? 'sent' : sent.is === 'no' ? 'not_sent' : 'lost']++;
        }
        const sealed = await at(to).seal(`${key}/seal`, guest.uuid, `${key}/landing`);
        if (sealed.is === 'done') seen[sealed.value.landed ? 'landed' : 'not_landed']++;
      };
      const look = () => ok(all.running().length <= 1, `runs on ${all.running().join(' and ')}`);
      const until = async (at_ms: number) => {
        while (clock.timeline.next_ms !== null && clock.timeline.next_ms <= at_ms) {
          clock.step();
          await drain();
          look();
        }
      };
      for (const event of events) {
        if ('move' in event) void move(event.move, event.to, event.seal, event.by);
        if ('destroy' in event) void at(event.destroy).destroy(`d-${step++}`, guest.uuid);
        if ('cut' in event && at(event.cut).up) {
          seen.cuts++;
          at(event.cut).die();
          clock.timeline.after(event.for_ms, () => at(event.cut).comeBack());
        }
        await until(clock.now() + ('wait_ms' in event ? event.wait_ms : 150));
      }
      await until(Number.POSITIVE_INFINITY);
    },
  );
  await fc.assert(property, { numRuns: 150 });
  for (const [outcome, times] of Object.entries(seen)) ok(times > 0, `never tried: ${outcome}`);
});

test('a host without a way to the image service makes no image, and says so', async () => {
  const { at, play, fabric, clock } = await world();
  const opened = await play(SimMachine.open(new SimGuestShelf()));
  ok(opened.is === 'done');
  const chance = new Chance('apart');
  const machine = opened.value;
  const apart = new SimHypervisor({ name: 'apart', describes, machine, clock, chance, fabric });
  await play(apart.boot('r/boot', guest));
  const made = await play(apart.snapshot('r/image', guest.uuid, 'image'));
  ok(made.is === 'no' && made.why.why === 'failed', JSON.stringify(made));
  await play(at('a').boot('s/boot', guest));
  equal((await play(at('a').snapshot('s/image', guest.uuid, 'image'))).is, 'done');
});
