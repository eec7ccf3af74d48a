/**
 * A host that runs guests with QEMU: this machine, its driver, and an agent in front of it.
 *
 *   memory of the machine   a quarter, and 1 GiB at least, is kept back: QEMU itself takes some
 *                           200 MiB a guest beside the guest's memory, and others live here too
 *   disk                    what is used by others than guests, 1 GiB, and as much as kept images
 *                           may take, is kept back
 */
import { Agent } from '../../core/agent/agent.ts';
import { type HostConfig, plainConfig } from '../../core/agent/config.ts';
import { checkConfig } from '../../core/agent/config-check.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Machine } from '../../core/ports/hypervisor.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { type LibvirtAbout, openLibvirt } from '../../real/libvirt/engine.ts';
import { openQemu } from '../../real/qemu/engine.ts';
import type { HouseHypervisor } from '../../real/qemu/hypervisor.ts';

export interface QemuHostAbout extends LibvirtAbout {
  /** What runs its guests; left out: this program starts QEMU itself. */
  readonly engine?: 'qemu' | 'libvirt';
  readonly name: string;
  readonly uuid: string;
  readonly zone: string;
  /** How much of its disk the images take that it keeps; left out: none. */
  readonly cache_bytes_max?: number;
  /** What its operator says of it, before what is kept back where nobody says. */
  readonly config?: Partial<HostConfig>;
  readonly clock: Clock;
  readonly journal: Journal;
}

export interface QemuHost {
  readonly agent: Agent;
  readonly machine: Machine;
  readonly hypervisor: HouseHypervisor;
}

/** The zone of hosts with real guests, unless their operator says another. */
export const REAL_ZONE = 'qemu';

const GIB = 1024 ** 3;
const MEMORY_MIB_KEPT_MIN = 1024;
const MEMORY_PART_KEPT = 4;
const DISK_GIB_KEPT = 1;

/** Finds its guests as they are; each time is a new life of its agent. */
export async function qemuHost(about: QemuHostAbout): Promise<Decision<QemuHost, string>> {
  const { name, uuid, zone, clock, journal, cache_bytes_max = 0 } = about;
  const { engine = 'qemu' } = about;
  const opened = await (engine === 'qemu' ? openQemu(about) : openLibvirt(about));
  if (opened.is === 'no') return opened;
  const hypervisor = opened.value;
  const described = await hypervisor.describe();
  const used_gib = await hypervisor.diskUsedByOthers();
  if (described.is !== 'done' || used_gib === null) {
    await hypervisor.stop();
    return no('this machine cannot be read from /proc and /sys');
  }
  const machine = described.value;
  const config = {
    ...plainConfig,
    availability_zone: zone,
    ...keptBack(machine, used_gib + Math.ceil(cache_bytes_max / GIB)),
    ...about.config,
  };
  const wrong = [...checkConfig(config, machine), ...notGiven(config, engine)];
  if (wrong.length > 0) {
    await hypervisor.stop();
    return no(`its configuration is wrong: ${wrong.join('; ')}`);
  }
  const agent = new Agent({
    host: name,
    uuid,
    incarnation: hypervisor.lives,
    config,
    hypervisor,
    clock,
    journal,
  });
  return done({ agent, machine, hypervisor });
}

/** What this driver cannot keep to is refused, instead of promised. */
const notGiven = (
  { cpu_dedicated_set, devices }: HostConfig,
  engine: string,
): readonly string[] => [
  ...(cpu_dedicated_set === null ? [] : [`cpu_dedicated_set: the driver ${engine} pins no CPUs`]),
  ...(devices.length === 0 ? [] : [`device_spec: the driver ${engine} hands out no devices`]),
];

const keptBack = ({ memory_mib, disk_gib }: Machine, used_gib: number) => ({
  reserved_memory_mib: Math.min(
    memory_mib,
    Math.max(MEMORY_MIB_KEPT_MIN, Math.ceil(memory_mib / MEMORY_PART_KEPT)),
  ),
  reserved_disk_gib: Math.min(disk_gib, used_gib + DISK_GIB_KEPT),
});
