/** The engine `qemu`: each guest is a process that this program starts itself. */
import { join } from 'node:path';
import { type Decision, no } from '../../core/ports/reply.ts';
import { MachineReader } from '../machine/read-machine.ts';
import { type Accel, pickAccel } from './accel.ts';
import { type HouseAbout, HouseHypervisor } from './hypervisor.ts';
import { describeMachine, qemuVersion } from './machine.ts';
import { ProcessGuest } from './process-guest.ts';

export interface QemuAbout extends HouseAbout {
  /** Left out: tried. */
  readonly accel?: Accel;
  /** The most that a guest that leaves may take of the wire, in MiB/s; left out: all of it. */
  readonly bandwidth_mib?: number;
  /** How long a guest waits for the rest of its memory when nobody sends it; left out: a minute. */
  readonly gives_up_after_ms?: number;
}

const GIVES_UP_AFTER_MS = 60_000;
const SOCKET_PATH_MAX = 107;
const LONGEST_SOCKET = `guests/${'-'.repeat(36)}/landing`;

/** Its directory is short: sockets in it have at most 107 characters. */
export async function openQemu(about: QemuAbout): Promise<Decision<HouseHypervisor, string>> {
  const { directory, listen = null, bandwidth_mib = null } = about;
  const { gives_up_after_ms = GIVES_UP_AFTER_MS } = about;
  const version = await qemuVersion();
  if (version === null) return no('there is no qemu-system-x86_64 here');
  const longest = join(directory, LONGEST_SOCKET);
  if (longest.length > SOCKET_PATH_MAX) return no(`${directory} is too long for sockets in it`);
  const accel = about.accel ?? (await pickAccel());
  const ways = { accel, listen, bandwidth_mib, gives_up_after_ms };
  const reader = new MachineReader('/');
  return HouseHypervisor.open(about, {
    guest: (folder, record) => new ProcessGuest(ways, folder, record),
    describe: (within) => describeMachine(within, accel, version, reader),
    close: () => {},
  });
}
