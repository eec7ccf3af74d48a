/**
 * Real guests that go on over there before all of their memory has come. So little of the wire is
 * given that the rest takes minutes, until a test tells QEMU otherwise by its own monitor: nothing
 * has to be caught in time.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HouseHypervisor } from './hypervisor.ts';
import { Qmp } from './qmp.ts';
import type { Lab, RealGuestTest } from './real-guests.fixture.ts';
import { until } from './waiting.ts';

const TRICKLE = { bandwidth_mib: 4 };
const SOON = { gives_up_after_ms: 3_000 };
/** As from one machine to another. */
const FAR = { listen: '127.0.0.1' };
const LONG_MS = 60_000;

/** A guest that counts on over there already, while the rest of its memory is on its way. */
async function halfThere(lab: Lab, a: HouseHypervisor, b: HouseHypervisor) {
  const { guest } = lab;
  equal((await a.boot('r/boot', guest)).is, 'done');
  const last = (await lab.counted(a, 5)).at(-1) ?? 0;
  const received = await b.receive('r/landing', guest);
  ok(received.is === 'done', JSON.stringify(received));
  const deadline = { after_ms: 0, action: 'post-copy' } as const;
  const sending = a.send('r/send', guest.uuid, received.value.address, deadline);
  const seen = await until(LONG_MS, async () => {
    const far = await a.progress(guest.uuid);
    return far.is === 'done' && far.value?.post_copy === true ? far.value : null;
  });
  ok(seen !== null && seen.deadline === null && seen.remaining_mib > 0, JSON.stringify(seen));
  return { last, sending };
}

const sealed = async ({ guest }: Lab, b: HouseHypervisor) =>
  b.seal(`r/seal ${randomUUID()}`, guest.uuid, 'r/landing');

const isSealed = (lab: Lab, b: HouseHypervisor) =>
  until(LONG_MS, async () => ((await sealed(lab, b)).is === 'done' ? true : null));

/** What QEMU is told while no driver holds its monitor. */
async function tell(lab: Lab, command: string, given: Record<string, unknown> = {}): Promise<void> {
  const path = join(lab.directory, 'a', 'guests', lab.guest.uuid, 'qmp');
  const qmp = await Qmp.open(path, LONG_MS);
  equal((await qmp?.ask(command, given))?.is, 'done', command);
  qmp?.close();
}

/** Nothing brings it back; its driver dies; the wire is cut: it gets all of its memory, once. */
export const fetchesOn: RealGuestTest = async (lab) => {
  const { uuid } = lab.guest;
  const [a, b] = [
    await lab.host('a', null, { ...TRICKLE, ...FAR }),
    await lab.host('b', null, FAR),
  ];
  const { last, sending } = await halfThere(lab, a, b);
  equal((await a.abort('r/abort', uuid, 'r/send')).is, 'no');
  equal((await a.hasten('r/hasten', uuid, 'r/send')).is, 'no');
  equal((await sealed(lab, b)).is, 'no', 'a part of it is not there');
  await lab.counted(b, 1);
  await lab.die(a);
  equal((await sending).is, 'lost');
  await tell(lab, 'migrate-set-parameters', { 'max-postcopy-bandwidth': 0 });
  await tell(lab, 'migrate-pause');
  await lab.host('a', null, FAR);
  ok(await isSealed(lab, b), 'the rest of it never comes');
  deepEqual(await sealed(lab, b), { is: 'done', value: { landed: true } });
  const all = await lab.counted(b, 10);
  ok(all[0] === 1 && (all.at(-1) ?? 0) > last + 10, `${all.at(-1)} after ${last}`);
  const isGone = async () => (lab.processes().length === 1 ? true : null);
  ok(await until(LONG_MS, isGone), 'it is left where it came from');
};

/** Who refuses it has nothing of it that runs: it stays, with all of its memory. */
export const refusedHalfThere: RealGuestTest = async (lab) => {
  const { guest } = lab;
  const [a, b] = [await lab.host('a', null, TRICKLE), await lab.host('b')];
  equal((await a.boot('r/boot', guest)).is, 'done');
  const last = (await lab.counted(a, 5)).at(-1) ?? 0;
  const received = await b.receive('r/landing', guest);
  ok(received.is === 'done', JSON.stringify(received));
  const deadline = { after_ms: 3_600_000, action: 'post-copy' } as const;
  const sending = a.send('r/send', guest.uuid, received.value.address, deadline);
  const flows = async () => {
    const far = await a.progress(guest.uuid);
    return far.is === 'done' && (far.value?.sent_mib ?? 0) > 0 ? true : null;
  };
  ok(await until(LONG_MS, flows), 'it is never sent');
  equal((await b.close('r/landing')).is, 'done');
  equal((await a.hasten('r/hasten', guest.uuid)).is, 'done');
  const sent = await sending;
  ok(sent.is === 'no' && JSON.stringify(sent).includes('not awaited'), JSON.stringify(sent));
  const all = await lab.counted(a, 5);
  ok(all[0] === 1 && (all.at(-1) ?? 0) > last, `${all.at(-1)} after ${last}`);
  deepEqual(await sealed(lab, b), { is: 'done', value: { landed: false } });
  // Of what its QEMU was told for that, nothing is left when its memory goes to disk.
  equal((await a.power('r/sleep', guest.uuid, 'suspended', 0)).is, 'done');
  equal((await a.power('r/wake', guest.uuid, 'running', 0)).is, 'done');
  await lab.counted(a, 3);
};

/** The rest went down with its source: it has crashed where it was going, and starts there. */
export const losesTheRest: RealGuestTest = async (lab) => {
  const [a, b] = [await lab.host('a', null, TRICKLE), await lab.host('b', null, SOON)];
  const { sending } = await halfThere(lab, a, b);
  const isSource = (pid: string) =>
    !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-incoming');
  for (const pid of lab.processes().filter(isSource)) process.kill(Number(pid), 'SIGKILL');
  equal((await sending).is, 'lost');
  ok(await isSealed(lab, b), 'it waits for ever');
  const found = await b.guests();
  deepEqual(found.is === 'done' && found.value.map(({ power }) => power), ['crashed']);
  equal((await b.power('r/start', lab.guest.uuid, 'running', 0)).is, 'done');
  const begun = async () => (lab.processes().length === 1 ? true : null);
  ok(await until(LONG_MS, begun));
};
