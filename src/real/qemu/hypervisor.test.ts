/**
 * Goal: the `qemu` driver keeps H1 to H7 with real guests, and finds them again.
 * Method: the contract between two drivers with directories of their own; then what only a real
 * guest can tell: its console counts on, without a gap or a repeat, through moves, suspension and
 * the death of the driver. Nothing is believed that only QEMU says.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { hypervisorContract } from '../../core/ports/hypervisor.contract.ts';
import type { GuestSpec } from '../../core/ports/order.ts';
import { truly } from './accel.ts';
import { QemuHypervisor } from './hypervisor.ts';
import { IMAGE, imagesOf } from './lab.fixture.ts';
import { makeSmallGuest, missing } from './small-guest.ts';
import { pause, until } from './waiting.ts';

const absent = missing();
// In CI nothing may be left out in silence: there a test that cannot run has failed.
if (absent !== null && process.env['CI'] !== undefined && process.getuid?.() === 0) {
  throw new Error(`real guests: ${absent}`);
}
const skip = absent === null ? false : `real guests: ${absent}`;
const root = mkdtempSync(join(tmpdir(), 'plimsoll-q-'));
const files = absent === null ? makeSmallGuest(root) : { kernel: '', initramfs: '' };
after(() => rmSync(root, { recursive: true, force: true }));

const guest: GuestSpec = {
  uuid: randomUUID(), // its own in each run, so that two runs at once tell their guests apart
  name: 'counts',
  vcpus: 1,
  memory_mib: 96,
  disk_gib: 0,
  image_id: IMAGE,
  nodes: [],
};
const { uuid } = guest;

/** All images that hosts have saved. */
const saved = new Map<string, Buffer>();

/** `wire`: the most that a guest that leaves may take of it. */
async function open(
  directory: string,
  disk: Uint8Array | null = null,
  wire: { readonly bandwidth_mib?: number } = {},
): Promise<QemuHypervisor> {
  const images = imagesOf(files, disk, saved);
  const opened = await QemuHypervisor.open({ directory, images, accel: 'tcg', ...wire });
  ok(opened.is === 'done', JSON.stringify(opened));
  return opened.value;
}

/** Every QEMU that runs for one of our directories, whoever believes to know it. */
const processes = (): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const given = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return given.startsWith('qemu-system') && given.includes(uuid);
      } catch {
        return false;
      }
    });

/** Two hosts; whatever happens, no QEMU of theirs is left behind. */
async function lab(
  act: (a: QemuHypervisor, b: QemuHypervisor) => Promise<void>,
  disk: Uint8Array | null = null,
  wire: { readonly bandwidth_mib?: number } = {},
) {
  saved.clear();
  const directory = mkdtempSync(join(root, 'l'));
  const hosts = [
    await open(join(directory, 'a'), disk, wire),
    await open(join(directory, 'b'), disk, wire),
  ] as const;
  try {
    await act(...hosts);
  } finally {
    for (const host of hosts) {
      await host.destroy('end', uuid);
      await host.stop();
    }
    deepEqual(processes(), []);
  }
}

for (const [promise, holds] of Object.entries(hypervisorContract)) {
  const bytes = async (id: string) => saved.get(id)?.length ?? null;
  // Only what is about images needs a disk: a copy of it would go along with every move.
  const disk = promise.includes('image') ? Buffer.alloc(1024 ** 2, 'on the disk ') : null;
  const play = () => lab((here, there) => holds({ here, there, guest, saved: bytes }), disk);
  test(`qemu: ${promise}`, { skip }, play);
}

async function ticks(host: QemuHypervisor): Promise<number[]> {
  const said = await host.console(uuid);
  ok(said.is === 'done');
  return [...said.value.text.matchAll(/^tick (\d+)\r?\n/gm)].map(([, n]) => Number(n));
}

/** The console, once it has counted so many further on; it counts by ones all the time. */
async function counted(host: QemuHypervisor, more: number): Promise<number[]> {
  const from = (await ticks(host)).length;
  const found = await until(60_000, async () => {
    const all = await ticks(host);
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

async function move(from: QemuHypervisor, to: QemuHypervisor, run: string): Promise<number> {
  const received = await to.receive(`${run}/landing`, guest);
  ok(received.is === 'done', JSON.stringify(received));
  const sent = await from.send(`${run}/send`, uuid, received.value.address);
  ok(sent.is === 'done', JSON.stringify(sent));
  return sent.value.downtime_ms;
}

test('qemu: a guest that is moved there and back counts on', { skip }, async (context) => {
  await lab(async (a, b) => {
    ok((await a.boot('r/boot', guest)).is === 'done');
    let last = (await counted(a, 5)).at(-1) ?? 0;
    const hosts = [a, b];
    for (const run of [1, 2, 3, 4]) {
      const [from, to] = hosts as [QemuHypervisor, QemuHypervisor];
      const downtime_ms = await move(from, to, `run ${run}`);
      const all = await counted(to, 10); // from the first tick on, across every move
      context.diagnostic(`${run}: stood still for ${downtime_ms} ms, tick ${all.at(-1)} by now`);
      ok(all[0] === 1 && (all.at(-1) ?? 0) >= last + 10, `${all.at(-1)} after ${last}`);
      last = all.at(-1) ?? 0;
      hosts.reverse();
    }
  });
});

test('qemu: a paused guest moves, stands still, and counts on once it may', { skip }, async () => {
  await lab(async (a, b) => {
    ok((await a.boot('r/boot', guest)).is === 'done');
    await counted(a, 5);
    equal((await a.power('r/pause', uuid, 'paused', 0)).is, 'done');
    const before = await ticks(a);
    await move(a, b, 'r');
    await pause(500); // it counts several times in that time, if it does
    deepEqual(await ticks(b), before);
    equal((await b.power('s/go', uuid, 'running', 0)).is, 'done');
    equal((await counted(b, 5))[0], before[0]);
  });
});

test('qemu: a paused guest that is refused at the door stays, and goes next time', {
  skip,
}, async () => {
  const refusedOnce = async (a: QemuHypervisor, b: QemuHypervisor) => {
    ok((await a.boot('r/boot', guest)).is === 'done');
    await counted(a, 3);
    equal((await a.power('r/pause', uuid, 'paused', 0)).is, 'done');
    const received = await b.receive('r/landing', guest);
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
    await move(a, b, 's');
    equal((await b.power('s/go', uuid, 'running', 0)).is, 'done');
    await counted(b, 5);
  };
  await lab(refusedOnce, null, { bandwidth_mib: 32 }); // slow enough to be overtaken
});

test('qemu: a driver that died finds its guests again, and what is over', { skip }, async () => {
  const directory = mkdtempSync(join(root, 'l'));
  const first = await open(directory);
  equal((await first.boot('r/boot', guest)).is, 'done');
  await first.close('s/boot');
  const [before] = await counted(first, 3);
  await first.stop();
  const again = await open(directory);
  try {
    ok(again.lives > first.lives);
    equal((await counted(again, 3))[0], before);
    equal((await again.boot('r/boot', guest)).is, 'done');
    const late = await again.boot('s/boot', guest);
    ok(late.is === 'no' && late.why.why === 'closed');
    equal(processes().length, 1);
  } finally {
    await again.destroy('end', uuid);
    await again.stop();
  }
  deepEqual(processes(), []);
});

test('qemu: vCPUs and memory are where the ledger claimed them, or it does not start', {
  skip,
}, async () => {
  const node = { cell: 0, vcpus: 1, memory_mib: guest.memory_mib };
  const pins = [
    { cpu: 0, use: 'vcpu', vcpu: 0 },
    { cpu: 0, use: 'emulator', vcpu: null },
  ] as const;
  await lab(async (a, b) => {
    const bound = { ...guest, nodes: [{ ...node, pins }] };
    deepEqual((await a.boot('r/boot', bound)).is, 'done');
    await counted(a, 3);
    for (const pid of processes()) {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
        equal(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1], '0');
      }
    }
    const nowhere = await b.boot('s/boot', { ...guest, nodes: [{ ...node, cell: 63 }] });
    ok(nowhere.is === 'no' && nowhere.why.why === 'failed', JSON.stringify(nowhere));
    const absent_cpu = [{ cpu: 4095, use: 'vcpu', vcpu: 0 }] as const;
    const refused = await b.boot('t/boot', { ...guest, nodes: [{ ...node, pins: absent_cpu }] });
    ok(refused.is === 'no' && JSON.stringify(refused).includes('4095'), JSON.stringify(refused));
    equal(processes().length, 1);
  });
});

test('a /dev/kvm is not believed: an accelerator is tried', { skip }, async () => {
  ok(await truly('tcg'));
  ok(!(await truly('none-such')));
  ok(!(await truly('tcg', 1)), 'it cannot count that far in no time');
});

test('qemu: an image of a rebuilt guest has what the guest has on its disk', { skip }, async () => {
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  await lab(async (a) => {
    ok((await a.boot('r/boot', guest)).is === 'done');
    const anew = { is: 'rebuilt', image_id: IMAGE, name: 'anew', to: 'running' } as const;
    equal((await a.refit('r/anew', uuid, anew)).is, 'done');
    await counted(a, 3);
    const made = await a.snapshot('r/image', uuid, 'an-image');
    ok(made.is === 'done', JSON.stringify(made));
    deepEqual([made.value.disk_format, made.value.size_bytes], ['raw', disk.length]);
    ok(saved.get('an-image')?.equals(disk), 'other bytes');
    await counted(a, 3);
  }, disk);
});

test('qemu: the disk of its own goes along', { skip }, async () => {
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  const directory = mkdtempSync(join(root, 'l'));
  const a = await open(join(directory, 'a'), disk);
  const b = await open(join(directory, 'b'), Buffer.alloc(disk.length));
  try {
    equal((await a.boot('r/boot', guest)).is, 'done');
    await counted(a, 3);
    await move(a, b, 'r');
    await counted(b, 3);
    ok(readFileSync(join(directory, 'b/guests', uuid, 'disk')).equals(disk));
  } finally {
    for (const host of [a, b]) {
      await host.destroy('end', uuid);
      await host.stop();
    }
  }
  deepEqual(processes(), []);
});

test('qemu: what is set aside outlives the driver, and its disk goes along and grows', {
  skip,
}, async () => {
  const disk = Buffer.alloc(4 * 1024 ** 2, 'what is on the disk ');
  const directory = mkdtempSync(join(root, 'l'));
  const [here, there] = [join(directory, 'a'), join(directory, 'b')] as const;
  const first = await open(here, disk);
  const b = await open(there);
  let a = first;
  try {
    equal((await first.boot('r/boot', guest)).is, 'done');
    await counted(first, 3);
    equal((await first.park('r/park', uuid, 0)).is, 'done');
    await first.stop();
    a = await open(here, disk);
    const received = await b.receive('r/landing', { ...guest, disk_gib: 1 }, true);
    ok(received.is === 'done', JSON.stringify(received));
    const { address } = received.value;
    deepEqual(await a.ship('r/ship', uuid, 'r/park', address), { is: 'done', value: undefined });
    const landed = readFileSync(join(there, 'guests', uuid, 'disk'));
    equal(landed.length, 1024 ** 3);
    ok(landed.subarray(0, disk.length).equals(disk));
    equal((await b.power('r/switch', uuid, 'running', 0)).is, 'done');
    const begun = async () => (await ticks(b)).filter((n) => n === 1).length === 2;
    ok(await until(60_000, async () => ((await begun()) ? true : null)), 'it did not begin anew');
    equal((await b.destroy('r/undo', uuid)).is, 'done');
    equal((await a.unpark('r/back', uuid, 'r/park')).is, 'done');
    const guests = await a.guests();
    ok(guests.is === 'done' && guests.value.length === 1);
    equal(guests.value[0]?.power, 'running');
  } finally {
    for (const host of [a, b]) {
      await host.destroy('end', uuid);
      await host.stop();
    }
  }
  deepEqual(processes(), []);
});
