/**
 * What only a real guest can tell of a driver: its console counts on, without a gap or a repeat,
 * through moves, suspension and the death of the driver. Nothing is believed that only the driver
 * says. For every driver with real guests, as the contract is; a driver names those that it plays.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hypervisorContract } from '../../core/ports/hypervisor.contract.ts';
import type { GuestSpec } from '../../core/ports/order.ts';
import type { HouseHypervisor } from './hypervisor.ts';
import { IMAGE, imagesOf } from './lab.fixture.ts';
import type { ImageSource } from './outfit.ts';
import type { SmallGuest } from './small-guest.ts';
import { pause, until } from './waiting.ts';

/** The most that a guest that leaves may take of the wire, in MiB/s; left out: all of it. */
export interface Bandwidth {
  readonly bandwidth_mib?: number;
  /** How long a guest waits for the rest of its memory when nobody sends it. */
  readonly gives_up_after_ms?: number;
  /** The address that other hosts reach it by; left out: all are on this machine. */
  readonly listen?: string;
}

/** One of two hosts, with a directory of its own. */
export type Open = (
  side: 'a' | 'b',
  directory: string,
  images: ImageSource,
  wire: Bandwidth,
) => Promise<HouseHypervisor>;

export interface LabAbout {
  /** Short: sockets are in it. */
  readonly root: string;
  readonly files: SmallGuest;
  readonly open: Open;
}

/** Two hosts for one guest of its own; whatever happens, no QEMU of it is left behind. */
export class Lab {
  readonly directory: string;
  readonly guest: GuestSpec;
  /** All images that hosts have saved. */
  readonly saved = new Map<string, Buffer>();
  readonly #about: LabAbout;
  readonly #hosts = new Set<HouseHypervisor>();

  constructor(about: LabAbout) {
    this.#about = about;
    this.directory = mkdtempSync(join(about.root, 'l'));
    this.guest = {
      uuid: randomUUID(), // its own, so that labs at the same time tell their guests apart
      ...{ name: 'counts', vcpus: 1, memory_mib: 96, disk_gib: 0, image_id: IMAGE, nodes: [] },
    };
  }

  async host(
    side: 'a' | 'b',
    disk: Uint8Array | null = null,
    wire: Bandwidth = {},
  ): Promise<HouseHypervisor> {
    const images = imagesOf(this.#about.files, disk, this.saved);
    const host = await this.#about.open(side, join(this.directory, side), images, wire);
    this.#hosts.add(host);
    return host;
  }

  /** It is not one of ours any more. */
  async die(host: HouseHypervisor): Promise<void> {
    this.#hosts.delete(host);
    await host.stop();
  }

  async end(): Promise<void> {
    for (const host of this.#hosts) {
      await host.destroy('end', this.guest.uuid);
      await host.stop();
    }
    deepEqual(this.processes(), []);
  }

  /** Every QEMU that runs this guest, whoever believes to know it. */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .filter((pid) => {
        try {
          const [program = '', ...given] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return program.includes('qemu-system') && given.includes(this.guest.uuid);
        } catch {
          return false;
        }
      });
  }

  // ── the guest ──────────────────────────────────────────────────────────────────────────────

  async ticks(host: HouseHypervisor): Promise<number[]> {
    const said = await host.console(this.guest.uuid);
    ok(said.is === 'done');
    return [...said.value.text.matchAll(/^tick (\d+)\r?\n/gm)].map(([, n]) => Number(n));
  }

  /** The console, once it has counted so many further on; it counts by ones all the time. */
  async counted(host: HouseHypervisor, more: number): Promise<number[]> {
    const from = (await this.ticks(host)).length;
    const found = await until(60_000, async () => {
      const all = await this.ticks(host);
      return all.length >= from + more ? all : null;
    });
    ok(found !== null, 'it does not count on');
    const [first = 0] = found;
    deepEqual(
      found,
      found.map((_, at) => first + at),
    );
    return found;
  }

  async move(from: HouseHypervisor, to: HouseHypervisor, run: string): Promise<number> {
    const received = await to.receive(`${run}/landing`, this.guest);
    ok(received.is === 'done', JSON.stringify(received));
    const sent = await from.send(`${run}/send`, this.guest.uuid, received.value.address);
    ok(sent.is === 'done', JSON.stringify(sent));
    return sent.value.downtime_ms;
  }

  diskOn(side: 'a' | 'b'): Buffer {
    return readFileSync(join(this.directory, side, 'guests', this.guest.uuid, 'disk'));
  }
}

export type RealGuestTest = (lab: Lab, context: TestContext) => Promise<void>;

/** Plays one of them in a lab of its own. */
export const played =
  (about: LabAbout, play: RealGuestTest) =>
  async (context: TestContext): Promise<void> => {
    const lab = new Lab(about);
    try {
      await play(lab, context);
    } finally {
      await lab.end();
    }
  };

/**
 * The contract's promises; `slowly`: what a sending gets of the wire where it is to take long;
 * `cannot`: what the promise left out is about, since the driver refuses it.
 */
export const contractTests = (
  slowly: Bandwidth,
  cannot: string | null = null,
): readonly [string, RealGuestTest][] =>
  Object.entries(hypervisorContract)
    .filter(([promise]) => cannot === null || !promise.includes(cannot))
    .map(([promise, holds]) => [
      promise,
      async (lab) => {
        // Only what is about images needs a disk: a copy of it would go along with every move.
        const disk = promise.includes('image') ? Buffer.alloc(1024 ** 2, 'on the disk ') : null;
        const wire = promise.startsWith('deadline:') ? slowly : {};
        const [here, there] = [await lab.host('a', disk, wire), await lab.host('b', disk, wire)];
        const saved = async (id: string) => lab.saved.get(id)?.length ?? null;
        await holds({ here, there, guest: lab.guest, saved });
      },
    ]);

// ── the console tells ────────────────────────────────────────────────────────────────────────────

export const thereAndBack: RealGuestTest = async (lab, context) => {
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  ok((await a.boot('r/boot', lab.guest)).is === 'done');
  let last = (await lab.counted(a, 5)).at(-1) ?? 0;
  const hosts = [a, b];
  for (const run of [1, 2, 3, 4]) {
    const [from, to] = hosts as [HouseHypervisor, HouseHypervisor];
    const downtime_ms = await lab.move(from, to, `run ${run}`);
    const all = await lab.counted(to, 10); // from the first tick on, across every move
    context.diagnostic(`${run}: stood still for ${downtime_ms} ms, tick ${all.at(-1)} by now`);
    ok(all[0] === 1 && (all.at(-1) ?? 0) >= last + 10, `${all.at(-1)} after ${last}`);
    last = all.at(-1) ?? 0;
    hosts.reverse();
  }
};

export const movesPaused: RealGuestTest = async (lab) => {
  const { guest } = lab;
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  ok((await a.boot('r/boot', guest)).is === 'done');
  await lab.counted(a, 5);
  equal((await a.power('r/pause', guest.uuid, 'paused', 0)).is, 'done');
  const before = await lab.ticks(a);
  await lab.move(a, b, 'r');
  await pause(500); // it counts several times in that time, if it does
  deepEqual(await lab.ticks(b), before);
  equal((await b.power('s/go', guest.uuid, 'running', 0)).is, 'done');
  equal((await lab.counted(b, 5))[0], before[0]);
};

export const refusedAtTheDoor: RealGuestTest = async (lab) => {
  const { uuid } = lab.guest;
  const slowly = { bandwidth_mib: 32 }; // slow enough to be overtaken
  const [a, b] = [await lab.host('a', null, slowly), await lab.host('b', null, slowly)];
  ok((await a.boot('r/boot', lab.guest)).is === 'done');
  await lab.counted(a, 3);
  equal((await a.power('r/pause', uuid, 'paused', 0)).is, 'done');
  const received = await b.receive('r/landing', lab.guest);
  ok(received.is === 'done');
  const sending = a.send('r/send', uuid, received.value.address);
  const under_way = await until(10_000, async () => {
    const { is, value } = (await a.progress(uuid)) as { is: string; value: unknown };
    return is === 'done' && value !== null ? true : null;
  });
  ok(under_way, 'it was never under way');
  await b.close('r/landing'); // all of its memory goes there, and then it is not taken
  equal((await sending).is, 'no');
  const seen = await a.guests();
  deepEqual(seen.is === 'done' && seen.value.map(({ power }) => power), ['paused']);
  await b.destroy('r/undo', uuid);
  await lab.move(a, b, 's');
  equal((await b.power('s/go', uuid, 'running', 0)).is, 'done');
  await lab.counted(b, 5);
};

export const foundAgain: RealGuestTest = async (lab) => {
  const first = await lab.host('a');
  equal((await first.boot('r/boot', lab.guest)).is, 'done');
  await first.close('s/boot');
  const [before] = await lab.counted(first, 3);
  await lab.die(first);
  const again = await lab.host('a');
  ok(again.lives > first.lives);
  equal((await lab.counted(again, 3))[0], before);
  equal((await again.boot('r/boot', lab.guest)).is, 'done');
  const late = await again.boot('s/boot', lab.guest);
  ok(late.is === 'no' && late.why.why === 'closed');
  equal(lab.processes().length, 1);
};

export const whereItWasClaimed: RealGuestTest = async (lab) => {
  const { guest } = lab;
  const node = { cell: 0, vcpus: 1, memory_mib: guest.memory_mib };
  const pins = [
    { cpu: 0, use: 'vcpu', vcpu: 0 },
    { cpu: 0, use: 'emulator', vcpu: null },
  ] as const;
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  const bound = { ...guest, nodes: [{ ...node, pins }] };
  deepEqual((await a.boot('r/boot', bound)).is, 'done');
  await lab.counted(a, 3);
  for (const pid of lab.processes()) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      equal(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1], '0');
    }
  }
  const nowhere = await b.boot('s/boot', { ...guest, nodes: [{ ...node, cell: 63 }] });
  ok(nowhere.is === 'no' && nowhere.why.why === 'failed', JSON.stringify(nowhere));
  const absent_cpu = [{ cpu: 4095, use: 'vcpu', vcpu: 0 }] as const;
  const refused = await b.boot('t/boot', { ...guest, nodes: [{ ...node, pins: absent_cpu }] });
  ok(refused.is === 'no' && JSON.stringify(refused).includes('CPU'), JSON.stringify(refused));
  equal(lab.processes().length, 1);
};

export const imageOfTheRebuilt: RealGuestTest = async (lab) => {
  const { uuid } = lab.guest;
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  const a = await lab.host('a', disk);
  ok((await a.boot('r/boot', lab.guest)).is === 'done');
  const anew = { is: 'rebuilt', image_id: IMAGE, name: 'anew', to: 'running' } as const;
  equal((await a.refit('r/anew', uuid, anew)).is, 'done');
  await lab.counted(a, 3);
  const made = await a.snapshot('r/image', uuid, 'an-image');
  ok(made.is === 'done', JSON.stringify(made));
  deepEqual([made.value.disk_format, made.value.size_bytes], ['raw', disk.length]);
  ok(lab.saved.get('an-image')?.equals(disk), 'other bytes');
  await lab.counted(a, 3);
};

export const diskGoesAlong: RealGuestTest = async (lab) => {
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  const [a, b] = [await lab.host('a', disk), await lab.host('b', Buffer.alloc(disk.length))];
  equal((await a.boot('r/boot', lab.guest)).is, 'done');
  await lab.counted(a, 3);
  await lab.move(a, b, 'r');
  await lab.counted(b, 3);
  ok(lab.diskOn('b').equals(disk));
};

export const setAside: RealGuestTest = async (lab) => {
  const { guest } = lab;
  const { uuid } = guest;
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  const [first, b] = [await lab.host('a', disk), await lab.host('b')];
  equal((await first.boot('r/boot', guest)).is, 'done');
  await lab.counted(first, 3);
  equal((await first.park('r/park', uuid, 0)).is, 'done');
  await lab.die(first);
  const a = await lab.host('a', disk);
  const received = await b.receive('r/landing', { ...guest, disk_gib: 1 }, true);
  ok(received.is === 'done', JSON.stringify(received));
  const { address } = received.value;
  deepEqual(await a.ship('r/ship', uuid, 'r/park', address), { is: 'done', value: undefined });
  const landed = lab.diskOn('b');
  equal(landed.length, 1024 ** 3);
  ok(landed.subarray(0, disk.length).equals(disk));
  equal((await b.power('r/switch', uuid, 'running', 0)).is, 'done');
  const begun = async () => (await lab.ticks(b)).filter((n) => n === 1).length === 2;
  ok(await until(60_000, async () => ((await begun()) ? true : null)), 'it did not begin anew');
  equal((await b.destroy('r/undo', uuid)).is, 'done');
  equal((await a.unpark('r/back', uuid, 'r/park')).is, 'done');
  const guests = await a.guests();
  ok(guests.is === 'done' && guests.value.length === 1);
  equal(guests.value[0]?.power, 'running');
};
