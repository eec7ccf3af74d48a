/**
 * A guest that is here: its folder, its record, its process and the monitor of that.
 *
 * What it was told to be is in the record; what it is, QEMU says (`power`). A process that is gone
 * though the guest was to run has crashed.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { PowerState } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Accel } from './accel.ts';
import { commandLine } from './command-line.ts';
import type { Sending } from './departure.ts';
import type { GuestFolder, GuestRecord } from './guest-folder.ts';
import { end, isAlive, lastWords, startProcess } from './process.ts';
import { Qmp } from './qmp.ts';
import { pinThreads } from './topology.ts';
import { Turns } from './waiting.ts';

const STARTED_WITHIN_MS = 30_000;
const MONITOR_WITHIN_MS = 3_000;

export const SOCKET = 'qmp';
export const MEMORY = 'memory';

export class Resident {
  readonly folder: GuestFolder;
  readonly record: GuestRecord;
  /** Verbs that act on the guest act one after another. */
  readonly turns = new Turns();
  sending: Sending | null = null;
  #qmp: Qmp | null = null;
  #opening: Promise<Qmp | null> | null = null;

  constructor(folder: GuestFolder, record: GuestRecord) {
    this.folder = folder;
    this.record = record;
  }

  get uuid(): string {
    return this.record.spec.uuid;
  }

  get suspended(): boolean {
    return existsSync(this.folder.file(MEMORY));
  }

  keep = (): Promise<Decision<void, string>> => this.folder.keep(this.record);

  /** Starts its QEMU, which stands still until it is told to go on. */
  async start(accel: Accel, incoming: boolean): Promise<Decision<Qmp, string>> {
    const { spec, outfit, rescue } = this.record;
    if (outfit === null) return no('it was never made ready');
    await this.end();
    await rm(this.folder.file(SOCKET), { force: true });
    const given = commandLine({ spec, outfit, rescue, accel, incoming });
    const started = await startProcess(given, this.folder.path);
    if (started.is === 'no') return started;
    this.record.process = started.value;
    const kept = await this.keep();
    const qmp = kept.is === 'no' ? null : await this.monitor(STARTED_WITHIN_MS);
    const pinned = qmp === null ? null : await pinThreads(spec, qmp, started.value.pid);
    if (qmp !== null && pinned?.is === 'done') return done(qmp);
    await this.end();
    if (pinned?.is === 'no') return pinned;
    return no(kept.is === 'no' ? kept.why : await lastWords(this.folder.path));
  }

  async alive(): Promise<boolean> {
    return this.record.process !== null && (await isAlive(this.record.process));
  }

  /** The monitor of its QEMU, once that has said that it is this guest's; null: there is none. */
  monitor(within_ms = MONITOR_WITHIN_MS): Promise<Qmp | null> {
    if (this.#qmp?.closed === false) return Promise.resolve(this.#qmp);
    this.#opening ??= this.#open(within_ms).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #open(within_ms: number): Promise<Qmp | null> {
    if (!(await this.alive())) return null;
    let gone = false;
    const watched = async () => {
      gone = !(await this.alive());
    };
    const over = () => {
      void watched();
      return gone;
    };
    const qmp = await Qmp.open(this.folder.file(SOCKET), within_ms, over);
    const named = await qmp?.ask<{ UUID: string }>('query-uuid');
    if (named?.is !== 'done' || named.value.UUID !== this.uuid) {
      qmp?.close();
      return null;
    }
    this.#qmp = qmp;
    return qmp;
  }

  async power(): Promise<PowerState> {
    const { stage, wanted } = this.record;
    if (!(await this.alive())) {
      if (wanted === 'off') return 'off';
      return this.suspended ? 'suspended' : 'crashed';
    }
    if (stage === 'awaited') return 'paused';
    return seen(await this.status());
  }

  /** QEMU's own word for what it does; null: it does not say. */
  async status(): Promise<string | null> {
    const said = await (await this.monitor())?.ask<{ status: string }>('query-status');
    return said?.is === 'done' ? said.value.status : null;
  }

  /** Ends its process by force. */
  async end(): Promise<boolean> {
    this.letGo();
    return this.record.process === null || end(this.record.process);
  }

  /** Leaves the guest alone: it goes on without us. */
  letGo(): void {
    this.#qmp?.close();
    this.#qmp = null;
  }
}

function seen(status: string | null): PowerState {
  switch (status) {
    case 'running':
      return 'running';
    case 'shutdown':
      return 'off';
    case 'guest-panicked':
    case 'internal-error':
      return 'crashed';
    default:
      return 'paused';
  }
}
