/**
 * Goal: the `libvirt` driver keeps H1 to H8 with real guests, finds them again, and outlives
 * libvirtd.
 * Method: the contract between two libvirtd of our own; then what only a real guest can tell
 * (../qemu/real-guests.fixture.ts), and what is libvirt's alone: it is killed, a stranger has a
 * domain of the guest's UUID, a guest is switched off behind our back. Mutants tried by hand: a
 * guest that was not taken is not confirmed as staying; one whose mark is missing is taken for
 * ours; memory on disk is kept when the guest goes on.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as drives from '../qemu/config-drive.fixture.ts';
import * as real from '../qemu/real-guests.fixture.ts';
import { makeSmallGuest, missing } from '../qemu/small-guest.ts';
import { until } from '../qemu/waiting.ts';
import { openLibvirt } from './engine.ts';
import { type Libvirtd, missingLibvirt, startLibvirtd } from './lab.fixture.ts';
import { Line, uuidBytes } from './line.ts';
import * as libvirt from './procedures.ts';

const absent = missing() ?? missingLibvirt();
// In CI nothing may be left out in silence: there a test that cannot run has failed.
if (absent !== null && process.env['CI'] !== undefined && process.getuid?.() === 0) {
  throw new Error(`libvirt: ${absent}`);
}
const skip = absent === null ? false : `libvirt: ${absent}`;
const root = mkdtempSync(join(tmpdir(), 'plimsoll-v-'));
const files = absent === null ? makeSmallGuest(root) : { kernel: '', initramfs: '' };

const daemons = new Map<'a' | 'b', Libvirtd>();
const PORTS = { a: { first: 21_500, last: 21_539 }, b: { first: 21_540, last: 21_579 } } as const;
const start = async (side: 'a' | 'b') => {
  const about = { directory: root, name: side, ports: PORTS[side] };
  daemons.set(side, await startLibvirtd(about));
};
const socketOf = (side: 'a' | 'b'): string => daemons.get(side)?.socket ?? '';
before(async () => {
  if (absent === null) await Promise.all([start('a'), start('b')]);
});
after(async () => {
  for (const daemon of daemons.values()) await daemon.stop();
  rmSync(root, { recursive: true, force: true });
});

const open: real.Open = async (side, directory, images, wire) => {
  const opened = await openLibvirt({
    ...{ directory, images, socket: socketOf(side), accel: 'tcg' },
    ...wire,
  });
  ok(opened.is === 'done', JSON.stringify(opened));
  return opened.value;
};

const SLOWLY = { bandwidth_mib: 16 };
const together: readonly (readonly [string, real.RealGuestTest])[] = [
  ...real.contractTests(SLOWLY, 'goes on there'),
  ['a guest that is moved there and back counts on', real.thereAndBack],
  ['a driver that died finds its guests again, and what is over', real.foundAgain],
  ['vCPUs and memory are where they were claimed, or it does not start', real.whereItWasClaimed],
  ['an image of a rebuilt guest has what it has on its disk', real.imageOfTheRebuilt],
  ['the disk of its own goes along', real.diskGoesAlong],
  ['it reads its config drive, on whichever host it is', drives.readsItsDrive],
  ['… and after a move while it is off', drives.driveGoesAlong],
];
// Most of their time libvirt waits: several at once take hardly longer than one.
describe('libvirt', { skip, concurrency: 4 }, () => {
  for (const [promise, play] of together) {
    test(`libvirt: ${promise}`, real.played({ root, files, open }, play));
  }
});

const own = (about: string, play: real.RealGuestTest): void =>
  void test(`libvirt: ${about}`, { skip }, real.played({ root, files, open }, play));

own('libvirtd is killed and comes back: guests go on, and so does the driver', async (lab) => {
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  ok((await a.boot('r/boot', lab.guest)).is === 'done');
  await lab.counted(a, 3);
  await daemons.get('a')?.stop('SIGKILL');
  await start('a');
  await lab.counted(a, 3);
  const seen = await a.guests();
  deepEqual(seen.is === 'done' && seen.value.map(({ power }) => power), ['running']);
  await lab.move(a, b, 'r');
  await lab.counted(b, 3);
});

own('a sending whose libvirtd is killed leaves the guest where it was', async (lab) => {
  const [a, b] = [await lab.host('a', null, { bandwidth_mib: 4 }), await lab.host('b')];
  ok((await a.boot('r/boot', lab.guest)).is === 'done');
  await lab.counted(a, 3);
  const received = await b.receive('r/landing', lab.guest);
  ok(received.is === 'done');
  const sending = a.send('r/send', lab.guest.uuid, received.value.address);
  for (let far = 0; far === 0; ) {
    const { value } = (await a.progress(lab.guest.uuid)) as { value: { sent_mib: number } | null };
    far = value?.sent_mib ?? 0;
  }
  await daemons.get('a')?.stop('SIGKILL');
  await start('a');
  equal((await sending).is, 'no');
  await lab.counted(a, 3);
  equal((await b.destroy('r/undo', lab.guest.uuid)).is, 'done');
});

own('a domain of its UUID that is not ours is left alone', async (lab) => {
  const { uuid } = lab.guest;
  const a = await lab.host('a');
  const line = new Line(socketOf('a'));
  const xml = `<domain type='qemu'><name>other</name><uuid>${uuid}</uuid><memory>65536</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>`;
  const defined = await libvirt.define(line, xml);
  ok(defined.is === 'done', JSON.stringify(defined));
  const booted = await a.boot('r/boot', lab.guest);
  ok(booted.is === 'no' && JSON.stringify(booted).includes('not ours'), JSON.stringify(booted));
  equal((await libvirt.undefine(line, defined.value)).is, 'done');
  line.close();
});

own('a guest that somebody switches off is off, and starts again', async (lab) => {
  const { uuid } = lab.guest;
  const a = await lab.host('a');
  equal((await a.boot('r/boot', lab.guest)).is, 'done');
  const line = new Line(socketOf('a'));
  const found = await libvirt.lookUp(line, uuidBytes(uuid));
  ok(found.is === 'done');
  await libvirt.destroy(line, found.value);
  line.close();
  const seen = await a.guests();
  deepEqual(seen.is === 'done' && seen.value.map(({ power }) => power), ['off']);
  equal((await a.power('r/on', uuid, 'running', 0)).is, 'done');
  await lab.counted(a, 3);
});

own(
  'a guest that came back from disk and then died has crashed, and is not asleep',
  async (lab) => {
    const { uuid } = lab.guest;
    const a = await lab.host('a');
    equal((await a.boot('r/boot', lab.guest)).is, 'done');
    equal((await a.power('r/sleep', uuid, 'suspended', 0)).is, 'done');
    deepEqual(lab.processes(), []);
    equal((await a.power('r/wake', uuid, 'running', 0)).is, 'done');
    for (const pid of lab.processes()) process.kill(Number(pid), 'SIGKILL');
    const power = await until(10_000, async () => {
      const seen = await a.guests();
      const now = seen.is === 'done' ? (seen.value[0]?.power ?? null) : null;
      return now === 'running' ? null : now;
    });
    equal(power, 'crashed');
  },
);

own(
  'a guest that is to go on there before all of it is stays, and a sentence says why',
  async (lab) => {
    const [a, b] = [await lab.host('a'), await lab.host('b')];
    equal((await a.boot('r/boot', lab.guest)).is, 'done');
    const received = await b.receive('r/landing', lab.guest);
    ok(received.is === 'done', JSON.stringify(received));
    const deadline = { after_ms: 0, action: 'post-copy' } as const;
    const sent = await a.send('r/send', lab.guest.uuid, received.value.address, deadline);
    ok(
      sent.is === 'no' && JSON.stringify(sent).includes('no guest go on there'),
      JSON.stringify(sent),
    );
    await lab.counted(a, 3);
    equal((await b.destroy('r/undo', lab.guest.uuid)).is, 'done');
  },
);

own('where nobody listens there is no host, and a sentence says so', async () => {
  const about = { directory: join(root, 'none'), socket: join(root, 'none.sock') };
  const images = {} as real.LabAbout['files'] as never;
  const opened = await openLibvirt({ ...about, images });
  ok(opened.is === 'no' && opened.why.includes('no libvirtd listens'), JSON.stringify(opened));
});
