/**
 * A guest with a QEMU process of its own, which outlives this program; it is told what to do by the
 * process's monitor.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { Deadline, PowerState } from '../../core/ports/order.ts';
import { type Decision, done, lost, no, type Reply } from '../../core/ports/reply.ts';
import type { Accel } from './accel.ts';
import { backUp } from './back-up.ts';
import { commandLine, type DiskFormat } from './command-line.ts';
import type { Sending } from './departure.ts';
import type { OpenLanding, Parcel } from './door.ts';
import type { GuestFolder, GuestRecord } from './guest-folder.ts';
import { hasArrived, restore, suspend } from './memory-file.ts';
import { endService } from './mirror.ts';
import { pageFoldersHere } from './pages.ts';
import { postCopyOf, whyNoPostCopy } from './post-copy.ts';
import { end, isAlive, lastWords, startProcess } from './process.ts';
import { Qmp } from './qmp.ts';
import { type PostCopy, Resident, type Transferred, type Trouble } from './resident.ts';
import { hurry, isStreamed, putBack, stopStream, stream, transfer } from './stream.ts';
import { type LandingPlaces, prepareLanding } from './stream-in.ts';
import { putInPlace } from './topology.ts';

const STARTED_WITHIN_MS = 30_000;
const MONITOR_WITHIN_MS = 3_000;

const SOCKET = 'qmp';

/** What all guests of one host share. */
export interface ProcessWays {
  readonly accel: Accel;
  /** The address that other hosts reach it by; null: all are on this machine. */
  readonly listen: string | null;
  /** The most that a guest that leaves may take of the wire, in MiB/s; null: all of it. */
  readonly bandwidth_mib: number | null;
  /** How long a guest waits for the rest of its memory when nobody sends it. */
  readonly gives_up_after_ms: number;
}

export class ProcessGuest extends Resident {
  readonly #ways: ProcessWays;
  readonly postCopy: PostCopy;
  #qmp: Qmp | null = null;
  #opening: Promise<Qmp | null> | null = null;

  constructor(ways: ProcessWays, folder: GuestFolder, record: GuestRecord) {
    super(folder, record);
    this.#ways = ways;
    this.postCopy = postCopyOf(this, ways);
  }

  // ── its process ────────────────────────────────────────────────────────────────────────────

  start(): Promise<Decision<void, string>> {
    return plain(this.launch(false));
  }

  /** Starts its QEMU, which stands still, or waits for memory. */
  async launch(incoming: boolean): Promise<Decision<Qmp, string>> {
    const { spec, outfit, rescue } = this.record;
    if (outfit === null) return no('it was never made ready');
    await this.end();
    await rm(this.folder.file(SOCKET), { force: true });
    const about = { spec, outfit, rescue, accel: this.#ways.accel, incoming };
    const given = commandLine({ ...about, page_folders: pageFoldersHere() });
    const started = await startProcess(given, this.folder.path);
    if (started.is === 'no') return started;
    this.record.process = started.value;
    const kept = await this.keep();
    const qmp = kept.is === 'no' ? null : await this.monitor(STARTED_WITHIN_MS);
    const pinned = qmp === null ? null : await putInPlace(spec, qmp, started.value.pid);
    if (qmp !== null && pinned?.is === 'done') return done(qmp);
    await this.end();
    if (pinned?.is === 'no') return pinned;
    return no(kept.is === 'no' ? kept.why : await lastWords(this.folder.path));
  }

  async alive(): Promise<boolean> {
    return this.record.process !== null && (await isAlive(this.record.process));
  }

  async findAgain(): Promise<void> {
    if (!(await this.alive())) this.record.process = await this.folder.noted();
  }

  async end(): Promise<void> {
    this.letGo();
    if (this.record.process !== null) await end(this.record.process);
  }

  letGo(): void {
    this.#qmp?.close();
    this.#qmp = null;
  }

  // ── its monitor ────────────────────────────────────────────────────────────────────────────

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

  async turnedItselfOff(): Promise<boolean> {
    return (await this.status()) === 'shutdown';
  }

  /** QEMU's own word for what it does; null: it does not say. */
  async status(): Promise<string | null> {
    const said = await (await this.monitor())?.ask<{ status: string }>('query-status');
    return said?.is === 'done' ? said.value.status : null;
  }

  async goOn(): Promise<Decision<void, string>> {
    return saidBy(await (await this.monitor())?.ask('cont'));
  }

  async halt(): Promise<Decision<void, string>> {
    return saidBy(await (await this.monitor())?.ask('stop'));
  }

  async interrupt(): Promise<Decision<void, string>> {
    return saidBy(await (await this.monitor())?.ask('inject-nmi'));
  }

  async screen(): Promise<Reply<Uint8Array, string>> {
    const qmp = await this.monitor();
    if (qmp === null) return lost;
    const name = `screen-${randomUUID()}.png`;
    try {
      const said = await qmp.ask('screendump', { filename: name, format: 'png' });
      return said.is === 'done' ? done(await readFile(this.folder.file(name))) : said;
    } finally {
      await rm(this.folder.file(name), { force: true });
    }
  }

  async shutDown(grace_ms: number): Promise<void> {
    const qmp = await this.monitor();
    if (qmp === null) return;
    qmp.forgetEvents();
    await qmp.ask('system_powerdown');
    await qmp.event(({ event }) => event === 'SHUTDOWN', grace_ms);
  }

  async suspend(): Promise<Decision<void, string>> {
    const qmp = await this.monitor();
    return qmp === null ? done(undefined) : suspend(this, qmp);
  }

  restore(): Promise<Decision<void, string>> {
    return plain(restore(this));
  }

  async backUp(name: string, format: DiskFormat): Promise<Decision<void, string> | null> {
    const qmp = await this.monitor();
    return qmp === null ? null : backUp(qmp, name, format);
  }

  // ── it comes ───────────────────────────────────────────────────────────────────────────────

  awaitIt(): Promise<Decision<void, Trouble>> {
    return prepareLanding(this, this.#ways.listen);
  }

  async welcome(): Promise<Decision<OpenLanding, string>> {
    const { open } = this.record;
    return open == null ? no('it was never made ready') : done(open);
  }

  /** Or so much of it that the rest can be fetched. */
  async hasArrived({ fetches }: Parcel): Promise<Decision<void, string>> {
    if (!(await hasArrived(this))) return no('its memory has not come');
    if (fetches !== true) return done(undefined);
    this.record.fetches = true;
    return this.keep();
  }

  async settleIn(): Promise<void> {
    const qmp = await this.monitor();
    if (qmp !== null && this.record.outfit?.disk != null) await endService(qmp);
  }

  // ── it leaves ──────────────────────────────────────────────────────────────────────────────

  async offer(): Promise<Decision<Parcel, string>> {
    return done({});
  }

  misfit(to: OpenLanding, deadline: Deadline | null): string | null {
    const { disk, post_copy } = to as unknown as LandingPlaces;
    if ((disk !== null) !== (this.record.outfit?.disk != null)) return 'their disks differ';
    return deadline?.action === 'post-copy' ? whyNoPostCopy(post_copy) : null;
  }

  stream(sending: Sending, isClosed: () => boolean): Promise<Decision<Parcel, string>> {
    return stream(this, sending, { ...this.#ways, isClosed });
  }

  async mayHaveLeft(): Promise<boolean> {
    if (this.record.leaving?.post_copy) return true;
    const qmp = await this.monitor();
    return qmp === null || (await isStreamed(qmp));
  }

  stay = (): Promise<void> => putBack(this);

  async depart(): Promise<void> {}

  stopSending = (sending: Sending): Promise<void> => stopStream(this, sending);

  hurry = (): Promise<void> => hurry(this);

  transfer = (): Promise<Transferred | null> => transfer(this);
}

async function plain(outcome: Promise<Decision<unknown, string>>): Promise<Decision<void, string>> {
  const settled = await outcome;
  return settled.is === 'no' ? settled : done(undefined);
}

function saidBy(answer: Reply<unknown, string> | undefined): Decision<void, string> {
  if (answer?.is === 'done') return done(undefined);
  return no(answer?.is === 'no' ? answer.why : 'its monitor does not answer');
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
