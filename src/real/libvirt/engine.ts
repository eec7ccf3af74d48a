/** The engine `libvirt`: guests are domains of the libvirtd of this machine. */
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { type Decision, no } from '../../core/ports/reply.ts';
import { MachineReader } from '../machine/read-machine.ts';
import { type Accel, pickAccel } from '../qemu/accel.ts';
import { foldersIn } from '../qemu/house.ts';
import { type HouseAbout, HouseHypervisor } from '../qemu/hypervisor.ts';
import { describeMachine, qemuVersion } from '../qemu/machine.ts';
import { DomainGuest, PASSABLE } from './domain-guest.ts';
import { Line } from './line.ts';

export interface LibvirtAbout extends HouseAbout {
  /** Where libvirtd listens; left out: where it does by itself. */
  readonly socket?: string;
  /** Left out: tried. */
  readonly accel?: Accel;
  /** The most that a guest that leaves may take of the wire, in MiB/s; left out: all of it. */
  readonly bandwidth_mib?: number;
}

/** Of the modular daemon, and of the one for all. */
const SOCKETS = ['/run/libvirt/virtqemud-sock', '/run/libvirt/libvirt-sock'];
const LOOPBACK = '127.0.0.1';

export async function openLibvirt(about: LibvirtAbout): Promise<Decision<HouseHypervisor, string>> {
  const { listen = LOOPBACK, bandwidth_mib = null } = about;
  const socket = about.socket ?? SOCKETS.find((path) => existsSync(path));
  if (socket === undefined) return no(`no libvirtd listens at ${SOCKETS.join(' or ')}`);
  const line = new Line(socket);
  const entered = await line.check();
  if (entered.is === 'no') return entered;
  const version = await qemuVersion();
  if (version === null) return no('there is no qemu-system-x86_64 here');
  const accel = about.accel ?? (await pickAccel());
  const ways = { line, accel, listen, bandwidth_mib };
  const reader = new MachineReader('/');
  const opened = await HouseHypervisor.open(about, {
    guest: (folder, record) => new DomainGuest(ways, folder, record),
    describe: (directory) => describeMachine(directory, accel, version, reader),
    close: () => line.close(),
  });
  const { directory } = about;
  for (const path of [directory, foldersIn(directory)]) await chmod(path, PASSABLE);
  return opened;
}
