/**
 * `plimsoll demo`: a real guest boots, counts, and is moved to another agent while it counts.
 *
 *   a control plane and two agents with the driver qemu, three processes ─► a small guest made here
 *   ─► booted through the Compute API ─► its console ─► moved live ─► did it miss a tick?
 *
 * All of it is in a directory of its own, and gone afterwards.
 */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoOptions } from '../cli/here-verbs.ts';
import { countedOn, makeSmallGuest, missing } from '../real/qemu/small-guest.ts';
import { Cloud, until } from './demo/cloud.ts';
import { Processes } from './demo/processes.ts';

const HOSTS = ['demo-a', 'demo-b'] as const;
const FLAVOR = { name: 'demo', vcpus: 1, ram: 128, disk: 0 };
const DISK_BYTES = 1024 * 1024;
const TICKS = 20;

type Tell = (line: string) => void;

/** What happened, with times; gives the exit code. */
export async function runDemo({ format, out, progress }: DemoOptions): Promise<number> {
  const absent = missing();
  if (absent !== null) {
    progress(`plimsoll: the demonstration runs a real guest; ${absent}`);
    return 1;
  }
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-demo-'));
  const processes = new Processes(directory);
  const began_ms = performance.now();
  const tell: Tell = (line) => {
    const at_s = ((performance.now() - began_ms) / 1000).toFixed(1);
    (format === 'json' ? progress : out)(`${at_s.padStart(6)} s  ${line}`);
  };
  try {
    const report = await play(processes, directory, tell);
    if (format === 'json') out(JSON.stringify(report));
    return report.moved && report.ticks_lost + report.ticks_repeated === 0 ? 0 : 1;
  } catch (error) {
    progress(`plimsoll: ${(error as Error).message}`);
    return 1;
  } finally {
    await processes.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface DemoReport {
  readonly booted_ms: number;
  readonly moved: boolean;
  readonly total_ms: number;
  readonly downtime_ms: number | null;
  readonly ticks_lost: number;
  readonly ticks_repeated: number;
}

async function play(processes: Processes, directory: string, tell: Tell): Promise<DemoReport> {
  const cloud = await bringUp(processes);
  tell(`a control plane and two agents are up, each a process: ${HOSTS.join(', ')}`);
  const about = await furnish(cloud, directory);
  tell('the guest is uploaded: a kernel, an initramfs and a disk');
  const began_ms = performance.now();
  const id = await cloud.boot(about);
  try {
    await until('the guest speaks', async () => (await cloud.console(id)).includes('GUEST-READY'));
    const booted_ms = Math.round(performance.now() - began_ms);
    const { host } = await cloud.server(id);
    tell(`it runs on ${host}, ${booted_ms} ms after it was asked for; its console says:`);
    await ticks(cloud, id, TICKS);
    await show(cloud, id, tell);
    const moved = await move(cloud, id, host, tell);
    await show(cloud, id, tell);
    const { last, lost, repeated } = countedOn(await cloud.console(id));
    tell(`it counted to ${last}: ${lost} ticks lost, ${repeated} repeated`);
    return { booted_ms, ...moved, ticks_lost: lost, ticks_repeated: repeated };
  } finally {
    await cloud.remove(id);
    tell('it is deleted, and nothing of it is left');
  }
}

async function bringUp(processes: Processes): Promise<Cloud> {
  const { url, token } = await processes.controlPlane();
  const cloud = new Cloud(url, token);
  const tokens = await Promise.all(HOSTS.map((host) => cloud.hostToken(host)));
  await Promise.all(HOSTS.map((host, at) => processes.agent(url, host, tokens[at] ?? '')));
  await until('both hosts are heard of', async () => (await cloud.hostsUp()) === HOSTS.length);
  return cloud;
}

/** What to boot it with. */
async function furnish(
  cloud: Cloud,
  directory: string,
): Promise<Readonly<Record<string, unknown>>> {
  const { kernel, initramfs } = makeSmallGuest(directory);
  const disk = join(directory, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, DISK_BYTES);
  const imageRef = await cloud.image('demo', disk, {
    kernel_id: await cloud.image('demo kernel', kernel),
    ramdisk_id: await cloud.image('demo initramfs', initramfs),
    os_command_line: 'console=ttyS0 quiet panic=-1 records=1',
  });
  return { name: 'demo', imageRef, flavorRef: await cloud.flavor(FLAVOR), networks: 'none' };
}

async function move(cloud: Cloud, id: string, from: string, tell: Tell) {
  await cloud.liveMigrate(id);
  tell('it is moved, while it counts and writes to its disk');
  await until('the migration ends', async () => {
    const { saga, ended_at_ms } = await cloud.newestOperation(id);
    return saga === 'live-migrate' && ended_at_ms !== null;
  });
  const operation = await cloud.newestOperation(id);
  const { host } = await cloud.server(id);
  const { state, error, started_at_ms, ended_at_ms, downtime_ms } = operation;
  const total_ms = (ended_at_ms ?? started_at_ms) - started_at_ms;
  if (state !== 'done') tell(`the migration is ${state}: ${error}`);
  else tell(`it is on ${host} now, after ${total_ms} ms; it stood still for ${downtime_ms} ms`);
  const { last } = countedOn(await cloud.console(id));
  await ticks(cloud, id, last + TICKS);
  return { moved: host !== from && state === 'done', total_ms, downtime_ms };
}

const ticks = (cloud: Cloud, id: string, to: number): Promise<void> =>
  until(`it counts to ${to}`, async () => countedOn(await cloud.console(id)).last >= to);

async function show(cloud: Cloud, id: string, tell: Tell): Promise<void> {
  const lines = (await cloud.console(id)).trimEnd().split(/\r?\n/);
  for (const line of lines.slice(-4, -1)) tell(`    | ${line}`);
}
