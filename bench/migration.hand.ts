/** The migration that a person would do by hand: two QEMUs, their monitors, nothing else. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../src/real/qemu/command-line.ts';
import { copyDisk, endCopy, endService, serveDisk } from '../src/real/qemu/mirror.ts';
import { freePlace, uriOf } from '../src/real/qemu/places.ts';
import { end, type ProcessIdentity, startProcess } from '../src/real/qemu/process.ts';
import { Qmp } from '../src/real/qemu/qmp.ts';
import type { SmallGuest } from '../src/real/qemu/small-guest.ts';

const spec = {
  ...{ uuid: '11111111-2222-4333-8444-555555555509', name: 'hand', image_id: null, nodes: [] },
  ...{ vcpus: 1, memory_mib: 96, disk_gib: 0 },
};
const outfit = {
  ...({ disk: 'raw', kernel: true, initramfs: true } as const),
  command_line: 'console=ttyS0 quiet panic=-1 records=1',
};
const DISK_BYTES = 1024 * 1024;
const HOST = '127.0.0.1';
const WITHIN_MS = 60_000;

export interface Moved {
  readonly total_ms: number;
  readonly downtime_ms: number;
}

interface Running {
  readonly folder: string;
  readonly process: ProcessIdentity;
  readonly qmp: Qmp;
}

export class ByHand {
  readonly #directory: string;
  readonly #files: SmallGuest;
  #now: Running | null = null;
  #starts = 0;

  constructor(directory: string, files: SmallGuest) {
    this.#directory = directory;
    this.#files = files;
  }

  async boot(): Promise<void> {
    this.#now = await this.#start(false);
    await this.#now.qmp.ask('cont');
  }

  get console(): string {
    return join(this.#now?.folder ?? '', 'console.log');
  }

  async move(): Promise<Moved> {
    const from = this.#now as Running;
    const began_ms = performance.now();
    const to = await this.#start(true);
    const [disk, memory] = [await freePlace(HOST, ''), await freePlace(HOST, '')];
    await serveDisk(to.qmp, disk);
    await to.qmp.ask('migrate-incoming', { uri: uriOf(memory) });
    from.qmp.forgetEvents();
    await copyDisk(from.qmp, disk);
    await from.qmp.ask('migrate-set-capabilities', {
      capabilities: ['events', 'pause-before-switchover'].map((capability) => ({
        capability,
        state: true,
      })),
    });
    const parameters = { 'max-bandwidth': 2047 * 1024 ** 2, 'downtime-limit': 300 };
    await from.qmp.ask('migrate-set-parameters', parameters);
    await from.qmp.ask('migrate', { uri: uriOf(memory) });
    await reached(from.qmp, 'pre-switchover');
    const stands_ms = performance.now();
    await endCopy(from.qmp, false);
    await from.qmp.ask('migrate-continue', { state: 'pre-switchover' });
    await reached(from.qmp, 'completed');
    await endService(to.qmp);
    for (;;) {
      const said = await to.qmp.ask<{ status: string }>('query-status');
      if (said.is === 'done' && said.value.status === 'paused') break;
    }
    await to.qmp.ask('cont');
    const downtime_ms = performance.now() - stands_ms;
    await this.stop();
    this.#now = to;
    return { total_ms: performance.now() - began_ms, downtime_ms };
  }

  async stop(): Promise<void> {
    if (this.#now === null) return;
    this.#now.qmp.close();
    await end(this.#now.process);
    rmSync(this.#now.folder, { recursive: true });
    this.#now = null;
  }

  async #start(incoming: boolean): Promise<Running> {
    const folder = join(this.#directory, `hand-${++this.#starts}`);
    mkdirSync(folder);
    copyFileSync(this.#files.kernel, join(folder, 'kernel'));
    copyFileSync(this.#files.initramfs, join(folder, 'initramfs'));
    writeFileSync(join(folder, 'disk'), Buffer.alloc(DISK_BYTES));
    const started = await startProcess(
      commandLine({ spec, outfit, accel: 'tcg', incoming, page_folders: new Map() }),
      folder,
    );
    const qmp = started.is === 'done' ? await Qmp.open(join(folder, 'qmp'), WITHIN_MS) : null;
    if (started.is === 'no' || qmp === null) throw new Error('QEMU did not start');
    return { folder, process: started.value, qmp };
  }
}

const reached = (qmp: Qmp, status: string) =>
  qmp.event(({ event, data }) => event === 'MIGRATION' && data?.['status'] === status, WITHIN_MS);
