/**
 * This very machine as a host of a trial installation, where QEMU is there.
 *
 *   --qemu auto       if QEMU is there, else one line says how to get it
 *   --qemu required   no start without it
 *   --qemu off        simulated hosts alone
 *
 * It is in a zone of its own, `qemu`, and servers that name no zone go to `nova`, to the simulated
 * hosts: so nobody boots a real guest unawares, and no guest is moved from one kind to the other.
 * Real guests outlive this program; the next start finds them again.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { plainConfig } from '../../core/agent/config.ts';
import { carryOutDuties, reportOnce } from '../../core/agent/duties.ts';
import { hosts } from '../../core/fleet/rows.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Replica } from '../../core/replica.ts';
import type { LocalWire } from '../../real/local-wire.ts';
import { qemuVersion } from '../../real/qemu/machine.ts';
import { identityOf } from '../agent/identity.ts';
import { ledgerImages } from '../qemu/ledger-images.ts';
import { type QemuHost, qemuHost, REAL_ZONE } from '../qemu/qemu-host.ts';
import { type HostSettings, settingsOf } from './host-settings.ts';
import type { QemuWish, UpOptions } from './options.ts';

const PACKAGES = 'qemu-system-x86 qemu-utils';

/** Whether it will be there; null: it is not wanted. */
export async function realHostComes(wish: QemuWish): Promise<boolean | null> {
  return wish === 'off' ? null : (await qemuVersion()) !== null;
}

/** Servers that name no zone go to the simulated hosts, where there are both kinds. */
export const defaultZone = (comes: boolean | null, { hosts: count }: UpOptions): string | null =>
  comes === true && count > 0 ? plainConfig.availability_zone : null;

export interface RealHostAbout {
  readonly wish: QemuWish;
  readonly settings: HostSettings;
  readonly comes: boolean | null;
  /** The data directory. */
  readonly data: string;
  readonly replica: Replica;
  readonly wire: LocalWire;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly images: ImageFiles;
  readonly stopped: () => boolean;
}

/** What the banner says of it, and how to let go of it; null: nothing. */
export interface RealHost {
  readonly line: string | null;
  stop(): Promise<void>;
}

export async function startRealHost(about: RealHostAbout): Promise<Decision<RealHost, string>> {
  const { wish, comes } = about;
  const none = (line: string | null) => done({ line, stop: async () => {} });
  if (comes === null) return none(null);
  const started = comes ? await start(about) : no(`no QEMU here: apt-get install ${PACKAGES}`);
  if (started.is === 'no') {
    return wish === 'required' ? no(`--qemu required: ${started.why}`) : none(started.why);
  }
  const { agent, machine, hypervisor } = started.value;
  void carryOutDuties(agent, about.replica.muster, about.clock, about.stopped);
  const { accel } = machine.cpu_info as { readonly accel: string };
  const line =
    `${agent.host}, this machine: ${machine.cores} CPUs, ${machine.memory_mib} MiB, ` +
    `${accel === 'kvm' ? 'KVM' : 'emulated'}; --availability-zone ${REAL_ZONE}`;
  return done({ line, stop: () => hypervisor.stop() });
}

async function start(about: RealHostAbout): Promise<Decision<QemuHost, string>> {
  const { replica, wire, clock, journal } = about;
  const directory = join(about.data, 'qemu');
  const uuid = identityOf(directory, 'machine');
  if (uuid.is === 'no') return uuid;
  const name = await nameOf(replica, uuid.value);
  const images = ledgerImages(replica.ledger, about.images);
  const ports = { clock, journal, images };
  const config = settingsOf(about.settings, { name, uuid: uuid.value });
  if (config.is === 'no') return config;
  const who = { name, uuid: uuid.value, zone: REAL_ZONE, directory };
  const made = await qemuHost({ ...ports, ...who, config: config.value });
  if (made.is === 'no') return made;
  const { agent, hypervisor } = made.value;
  wire.attach(agent);
  if (await reportOnce(agent, replica.muster)) return made;
  wire.detach(name);
  await hypervisor.stop();
  return no(`the host ${name} was not taken in; the log says why`);
}

/** As it was first called; a machine may be given another name, its host keeps it. */
async function nameOf({ ledger }: Replica, uuid: string): Promise<string> {
  const all = await ledger.read((view) => [...view.rows(hosts).values()]);
  const own = hostname().replaceAll(/[^a-zA-Z0-9._-]/g, '-') || 'machine';
  const known = all.find((row) => row.uuid === uuid)?.name;
  return known ?? (/^host-\d+$/.test(own) ? `${own}-qemu` : own);
}
