/**
 * A guest that goes from one libvirt to another: libvirt's own five steps, led by us, so that a
 * landing is closed exactly once.
 *
 *   source                        destination
 *     begin    ── offer ──►         prepare: its QEMU waits
 *     perform  ═ memory, disk ═►    (the guest stands still at the source, and is all there)
 *              ── arrive ─►         finish: it stands still ─► taken, on disk ─► it goes on
 *     confirm: it is gone from here, or, if it was not taken, it goes on
 *
 * A connection that ends takes with it what is half done: libvirt gives up a source that has begun
 * but not performed, and a destination that has prepared but not finished. One that has performed
 * stands still, and one that has finished stands still: both until we say more.
 *
 * Under emulation the guest stands still while its memory goes: an emulated guest that writes
 * meanwhile loses pages where its memory is a multiple of 256 KiB (measured), and libvirt's is.
 */
import { performance } from 'node:perf_hooks';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Sending } from '../qemu/departure.ts';
import type { OpenLanding, Parcel } from '../qemu/door.ts';
import type { Transferred } from '../qemu/resident.ts';
import { EVENT, MIGRATE, STATE } from './codes.ts';
import type { DomainGuest } from './domain-guest.ts';
import { broughtHere } from './domain-xml.ts';
import * as libvirt from './procedures.ts';
import type { DomainName, Parameters } from './xdr.ts';

const MIB = 1024 ** 2;
/** The longest that QEMU allows. */
const DOWNTIME_MS_HASTENED = 2_000_000;
const UNHEARD = 'libvirtd does not answer';

/** Said by the source when it knocks first. */
interface Offered {
  readonly xml: string;
  readonly cookie: string;
  /** Of the guest, there. */
  readonly folder: string;
  readonly flags: number;
  readonly disk: boolean;
}

/** Said by the destination, once its QEMU waits. */
interface Prepared {
  readonly cookie: string;
  readonly uri: string;
}

const bytesOf = (cookie: unknown): Buffer => Buffer.from(String(cookie ?? ''), 'base64');
const NO_COOKIE = new Uint8Array();

const hasDisk = ({ record }: DomainGuest): boolean => record.outfit?.disk != null;

const flagsOf = (guest: DomainGuest): number =>
  MIGRATE.paused |
  MIGRATE.keep_others_out |
  (guest.ways.accel === 'kvm' ? MIGRATE.live : 0) |
  (hasDisk(guest) ? MIGRATE.copy_disks : 0);

const move = (flags: number, parameters: Parameters = {}): libvirt.Move => ({ flags, parameters });

/** Why there is no domain to be moved, or the domain. */
async function domainOf(guest: DomainGuest): Promise<Decision<DomainName, string>> {
  const found = await guest.domain();
  if (found.is === 'lost') return no(UNHEARD);
  if (found.is === 'no') return found;
  return found.value === null ? no('it is off') : done(found.value);
}

// ── at the source ────────────────────────────────────────────────────────────────────────────────

export async function offer(guest: DomainGuest): Promise<Decision<Parcel, string>> {
  const domain = await domainOf(guest);
  if (domain.is === 'no') return domain;
  const flags = flagsOf(guest);
  const begun = await libvirt.begin(guest.ways.line, domain.value, move(flags));
  if (begun.is !== 'done') return no(begun.is === 'no' ? begun.why.message : UNHEARD);
  const { xml, cookie } = begun.value;
  const folder = guest.folder.path;
  return done({ xml, cookie: cookie.toString('base64'), folder, flags, disk: hasDisk(guest) });
}

export async function stream(
  guest: DomainGuest,
  sending: Sending,
  isClosed: () => boolean,
): Promise<Decision<Parcel, string>> {
  const stood = guest.happens(EVENT.suspended);
  void stood.happened.then(() => {
    sending.stands_since_ms = performance.now();
  });
  const performed = await perform(guest, sending).finally(stood.forget);
  if (sending.aborted !== null) return no(sending.aborted);
  if (isClosed()) return no('closed');
  if (performed.is === 'no') return performed;
  sending.phase = 'handing over';
  if (sending.stands_since_ms === 0) sending.stands_since_ms = performance.now();
  return performed;
}

async function perform(guest: DomainGuest, sending: Sending): Promise<Decision<Parcel, string>> {
  const domain = await domainOf(guest);
  if (domain.is === 'no') return domain;
  if (sending.aborted !== null) return no(sending.aborted);
  const { cookie, uri } = sending.to as Prepared;
  const { line, bandwidth_mib } = guest.ways;
  const given = { migrate_uri: uri, ...(bandwidth_mib !== null && { bandwidth: bandwidth_mib }) };
  const about = move(flagsOf(guest), given);
  const told = await libvirt.perform(line, domain.value, about, bytesOf(cookie));
  if (told.is === 'done') return done({ cookie: told.value.toString('base64') });
  return no(told.is === 'no' ? told.why.message : UNHEARD);
}

/** One that runs was never announced as arrived. */
export async function mayHaveLeft(guest: DomainGuest): Promise<boolean> {
  const found = await guest.state();
  return found.is !== 'done' || found.value?.state !== STATE.running;
}

/** Whatever had begun ends; it goes on if it did before, and stands still if it did. */
export async function stay(guest: DomainGuest): Promise<void> {
  const domain = await domainOf(guest);
  if (domain.is === 'no') return;
  const { line } = guest.ways;
  await libvirt.abortJob(line, domain.value);
  await libvirt.confirm(line, domain.value, move(flagsOf(guest)), NO_COOKIE, true);
  const found = await guest.state();
  const runs = found.is === 'done' && found.value?.state === STATE.running;
  if (guest.isPaused && runs) await guest.halt();
  if (!guest.isPaused && !runs) await guest.goOn();
}

/** The next step ends it here in any case; so libvirt knows that it has moved. */
export async function depart(guest: DomainGuest): Promise<void> {
  const domain = await domainOf(guest);
  if (domain.is === 'no') return;
  await libvirt.confirm(guest.ways.line, domain.value, move(flagsOf(guest)), NO_COOKIE, false);
}

export async function stop(guest: DomainGuest): Promise<void> {
  const domain = await domainOf(guest);
  if (domain.is === 'done') await libvirt.abortJob(guest.ways.line, domain.value);
}

/** The guest is let stand still for so long that whatever is left goes in one piece. */
export async function hurry(guest: DomainGuest): Promise<void> {
  const domain = await domainOf(guest);
  if (domain.is === 'done')
    await libvirt.setMaxDowntime(guest.ways.line, domain.value, DOWNTIME_MS_HASTENED);
}

export async function transfer(guest: DomainGuest): Promise<Transferred | null> {
  const domain = await domainOf(guest);
  if (domain.is === 'no') return null;
  const job = await libvirt.jobStats(guest.ways.line, domain.value);
  if (job.is !== 'done' || job.value.type === libvirt.NO_JOB) return null;
  const number = (name: string) => Number(job.value.stats[name] ?? 0);
  if (!('memory_processed' in job.value.stats)) return null;
  return {
    passes: number('memory_iteration'),
    sent_mib: Math.round(number('memory_processed') / MIB),
    remaining_mib: Math.round(number('memory_remaining') / MIB),
    dirty_mib_per_s: Math.round((number('memory_dirty_rate') * number('memory_page_size')) / MIB),
    carried_mib_per_s: number('memory_bps') / MIB,
  };
}

// ── at the destination ───────────────────────────────────────────────────────────────────────────

export async function welcome(
  guest: DomainGuest,
  parcel: Parcel,
): Promise<Decision<OpenLanding, string>> {
  const { xml, cookie, folder, flags, disk } = parcel as unknown as Offered;
  if (typeof xml !== 'string') return no('the other host does not run its guests with libvirt');
  if (disk !== hasDisk(guest)) return no('their disks differ');
  await guest.end(); // of a sending that came to nothing
  const { line, listen } = guest.ways;
  const about = move(flags, {
    destination_name: guest.uuid,
    destination_xml: broughtHere(xml, folder, guest.folder.path),
    migrate_uri: `tcp://${listen}`,
    listen_address: listen,
  });
  const told = await libvirt.prepare(line, about, bytesOf(cookie));
  if (told.is !== 'done') return no(told.is === 'no' ? told.why.message : UNHEARD);
  const { uri, cookie: given } = told.value;
  return done({ cookie: given.toString('base64'), uri: uri ?? about.parameters['migrate_uri'] });
}

/** It stands still here from then on, whatever becomes of our connection. */
export async function hasArrived(
  guest: DomainGuest,
  { cookie }: Parcel,
): Promise<Decision<void, string>> {
  const about = move(flagsOf(guest), { destination_name: guest.uuid });
  const told = await libvirt.finish(guest.ways.line, about, bytesOf(cookie), false);
  if (told.is !== 'done') return no(told.is === 'no' ? told.why.message : UNHEARD);
  return done(undefined);
}
