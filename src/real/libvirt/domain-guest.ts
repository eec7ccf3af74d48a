/**
 * A guest that libvirt runs: a domain of its UUID, marked as ours. Our folder says what it is to
 * be; libvirt, what it is.
 *
 *   defined ─► created, standing still ─► resumed        off: there is no domain any more
 *
 *   D1  a domain of its UUID that is not so marked is a stranger's: it is left alone, and the guest
 *       does not start;
 *   D2  a domain that is off though nobody told it to be has shut down by itself, or has crashed:
 *       libvirt keeps the reason as long as the domain is defined;
 *   D3  its memory on disk goes before the guest goes on: it is never brought back twice.
 */
import { chmod, rename, rm } from 'node:fs/promises';
import type { HypervisorRefusal } from '../../core/ports/hypervisor.ts';
import type { PowerState } from '../../core/ports/order.ts';
import { type Decision, done, lost, no, type Reply } from '../../core/ports/reply.ts';
import type { Accel } from '../qemu/accel.ts';
import type { DiskFormat } from '../qemu/command-line.ts';
import type { Sending } from '../qemu/departure.ts';
import type { OpenLanding, Parcel } from '../qemu/door.ts';
import type { GuestFolder, GuestRecord } from '../qemu/guest-folder.ts';
import { MEMORY, type Outcome, Resident, type Transferred } from '../qemu/resident.ts';
import { within } from '../qemu/waiting.ts';
import { backUp } from './back-up.ts';
import { ERROR, EVENT, OFF_BY_ITSELF, OFF_BY_SOMEBODY, STATE } from './codes.ts';
import { domainXml, NAMESPACE } from './domain-xml.ts';
import { type Line, uuidBytes } from './line.ts';
import * as moving from './moving.ts';
import * as libvirt from './procedures.ts';
import type { Trouble } from './rpc.ts';
import { pngFrom } from './screen.ts';
import type { DomainName } from './xdr.ts';

/** Of folders: where libvirt runs QEMU as another user, that one passes, and can list nothing. */
export const PASSABLE = 0o711;

/** What all guests of one host share. */
export interface DomainWays {
  readonly line: Line;
  readonly accel: Accel;
  /** The address that other hosts reach it by. */
  readonly listen: string;
  /** The most that a guest that leaves may take of the wire, in MiB/s; null: all of it. */
  readonly bandwidth_mib: number | null;
}

export class DomainGuest extends Resident {
  readonly ways: DomainWays;
  readonly postCopy = null;

  constructor(ways: DomainWays, folder: GuestFolder, record: GuestRecord) {
    super(folder, record);
    this.ways = ways;
  }

  // ── its domain ─────────────────────────────────────────────────────────────────────────────

  /** D1; null: there is none. */
  async domain(): Promise<Reply<DomainName | null, string>> {
    const { line } = this.ways;
    const found = await libvirt.lookUp(line, uuidBytes(this.uuid));
    if (found.is === 'no') return isGone(found.why) ? done(null) : no(found.why.message);
    if (found.is === 'lost') return lost;
    const marked = await libvirt.metadataOf(line, found.value, NAMESPACE);
    if (marked.is !== 'no') return marked.is === 'lost' ? lost : found;
    if (isGone(marked.why)) return done(null);
    if (marked.why.code !== ERROR.no_domain_metadata) return no(marked.why.message);
    return no('libvirt has a domain of its UUID that is not ours');
  }

  /** Does that to its domain; there being none is a `no`. */
  async #tell(act: (line: Line, domain: DomainName) => libvirt.Told<void>): Promise<Outcome> {
    const found = await this.domain();
    if (found.is !== 'done') return found;
    return found.value === null ? no('it is off') : inWords(await act(this.ways.line, found.value));
  }

  async start(): Promise<Outcome> {
    const { line } = this.ways;
    const cleared = await this.#clear();
    if (cleared.is !== 'done') return cleared;
    const defined = await this.define();
    if (defined.is !== 'done') return inWords(defined);
    const created = inWords(await libvirt.create(line, defined.value));
    if (created.is === 'no') await this.#clear();
    return created;
  }

  /** Says to libvirt what it is; one that runs stays as it is, and is kept from now on. */
  async define(): libvirt.Told<DomainName> {
    const { record, folder, ways } = this;
    const { outfit } = record;
    if (outfit === null) return no({ code: 0, message: 'it was never made ready' });
    await chmod(folder.path, PASSABLE);
    const about = { record, outfit, accel: ways.accel, folder: folder.path };
    return libvirt.define(ways.line, domainXml(about));
  }

  /** Nothing of it is left with libvirt. */
  async #clear(): Promise<Outcome> {
    const found = await this.domain();
    if (found.is !== 'done' || found.value === null) return isDone(found);
    await libvirt.destroy(this.ways.line, found.value); // refused where it is off already
    const gone = await libvirt.undefine(this.ways.line, found.value);
    return gone.is === 'no' && isGone(gone.why) ? done(undefined) : inWords(gone);
  }

  async end(): Promise<void> {
    await this.#clear();
  }

  letGo(): void {}

  async findAgain(): Promise<void> {}

  // ── what it does ───────────────────────────────────────────────────────────────────────────

  /** Null: there is none, or it is off as it should be. */
  async state(): Promise<Reply<libvirt.State | null, string>> {
    const found = await this.domain();
    if (found.is !== 'done' || found.value === null) return found as Reply<null, string>;
    const state = await libvirt.stateOf(this.ways.line, found.value);
    if (state.is !== 'no') return state;
    return isGone(state.why) ? done(null) : no(state.why.message);
  }

  async power(): Promise<PowerState | null> {
    const { stage, wanted } = this.record;
    if (stage === 'awaited') return 'paused';
    if (stage === 'parked') return 'off'; // a domain of its UUID is that of another guest
    const found = await this.state();
    if (found.is === 'lost') return null;
    const seen = found.is === 'done' && found.value !== null ? seenAs(found.value) : null;
    if (seen !== null) return seen;
    if (wanted === 'off') return 'off';
    return this.suspended ? 'suspended' : 'crashed';
  }

  /** D2 */
  async turnedItselfOff(): Promise<boolean> {
    const found = await this.state();
    return found.is === 'done' && found.value !== null && seenAs(found.value) === 'off';
  }

  async goOn(): Promise<Outcome> {
    await rm(this.folder.file(MEMORY), { force: true }); // D3
    return this.#tell(libvirt.resume);
  }

  halt(): Promise<Outcome> {
    return this.#tell(libvirt.suspend);
  }

  interrupt(): Promise<Outcome> {
    return this.#tell(libvirt.injectNmi);
  }

  async screen(): Promise<Reply<Uint8Array, string>> {
    const found = await this.domain();
    if (found.is !== 'done') return found;
    if (found.value === null) return no('it is off');
    const seen = await libvirt.screenshot(this.ways.line, found.value);
    if (seen.is !== 'done') return inWords(seen);
    const png = pngFrom(seen.value);
    return png === null ? no('libvirt gave a picture of another kind') : done(png);
  }

  async shutDown(grace_ms: number): Promise<void> {
    const stopped = this.happens(EVENT.stopped);
    await this.#tell(libvirt.shutDown);
    await within(grace_ms, stopped.happened, null);
    stopped.forget();
  }

  /** From now on; `forget` when it is not waited for any more. */
  happens(event: number): { readonly happened: Promise<void>; readonly forget: () => void } {
    let forget = () => {};
    const happened = new Promise<void>((resolve) => {
      forget = this.ways.line.listen((one) => {
        if (one.uuid === this.uuid && one.event === event) resolve();
      });
    });
    return { happened, forget };
  }

  // ── its memory and its disk, as files ──────────────────────────────────────────────────────

  async suspend(): Promise<Outcome> {
    const part = this.folder.file(`${MEMORY}.part`);
    await rm(part, { force: true });
    const saved = await this.#tell((line, domain) => libvirt.save(line, domain, part));
    if (saved.is !== 'done') return saved;
    await rename(part, this.folder.file(MEMORY));
    return this.#clear();
  }

  async restore(): Promise<Outcome> {
    const cleared = await this.#clear();
    if (cleared.is !== 'done') return cleared;
    const restored = await libvirt.restore(this.ways.line, this.folder.file(MEMORY));
    return restored.is === 'done' ? isDone(inWords(await this.define())) : inWords(restored);
  }

  async backUp(name: string, format: DiskFormat): Promise<Decision<void, string> | null> {
    const found = await this.domain();
    if (found.is !== 'done') return no(found.is === 'no' ? found.why : 'libvirtd does not answer');
    const runs = (await this.state()) as Reply<libvirt.State | null>;
    const isOff = runs.is === 'done' && (runs.value?.state ?? STATE.off) === STATE.off;
    return found.value === null || isOff ? null : backUp(this, found.value, name, format);
  }

  // ── it comes ───────────────────────────────────────────────────────────────────────────────

  /** Nothing waits yet: libvirt starts its QEMU when the guest is offered. */
  async awaitIt(): Promise<Decision<void, string | HypervisorRefusal>> {
    this.record.open = {};
    return this.keep();
  }

  welcome = (offered: Parcel): Promise<Decision<OpenLanding, string>> =>
    moving.welcome(this, offered);

  hasArrived = (brought: Parcel): Promise<Decision<void, string>> =>
    moving.hasArrived(this, brought);

  async settleIn(): Promise<void> {
    await this.define();
  }

  // ── it leaves ──────────────────────────────────────────────────────────────────────────────

  offer = (): Promise<Decision<Parcel, string>> => moving.offer(this);

  misfit(): string | null {
    return null; // said by the destination
  }

  stream(sending: Sending, isClosed: () => boolean): Promise<Decision<Parcel, string>> {
    return moving.stream(this, sending, isClosed);
  }

  mayHaveLeft = (): Promise<boolean> => moving.mayHaveLeft(this);

  stay = (): Promise<void> => moving.stay(this);

  depart = (): Promise<void> => moving.depart(this);

  stopSending = (): Promise<void> => moving.stop(this);

  hurry = (): Promise<void> => moving.hurry(this);

  transfer = (): Promise<Transferred | null> => moving.transfer(this);
}

const isGone = ({ code }: Trouble): boolean => code === ERROR.no_domain;

export const inWords = <T>(told: Reply<T, Trouble>): Reply<T, string> =>
  told.is === 'no' ? no(told.why.message) : told;

const isDone = (reply: Reply<unknown, string>): Outcome =>
  reply.is === 'done' ? done(undefined) : reply;

/** Null: whether that is as it should be, its record knows. */
function seenAs({ state, reason }: libvirt.State): PowerState | null {
  switch (state) {
    case STATE.running:
    case STATE.blocked:
    case STATE.shutting_down:
      return 'running';
    case STATE.off:
      return reason === OFF_BY_ITSELF || reason === OFF_BY_SOMEBODY ? 'off' : null;
    case STATE.crashed:
      return 'crashed';
    default:
      return 'paused';
  }
}
