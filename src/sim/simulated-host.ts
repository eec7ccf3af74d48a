/**
 * One simulated host: a machine, its driver, and an agent in front of it. For the simulated world,
 * and for the product when somebody tries it without hypervisors.
 */
import { Agent } from '../core/agent/agent.ts';
import type { CleanDevice } from '../core/agent/cleaning.ts';
import { type HostConfig, plainConfig } from '../core/agent/config.ts';
import { checkConfig } from '../core/agent/config-check.ts';
import { Chance } from '../core/base/seeded.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { GuestShelf } from '../core/ports/guest-shelf.ts';
import type { Machine } from '../core/ports/hypervisor.ts';
import type { ImageFiles } from '../core/ports/image-files.ts';
import { type Journal, silent } from '../core/ports/journal.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import type { SimFabric } from './fabric.ts';
import { SimGuestShelf } from './guest-shelf.ts';
import { SimHypervisor, type SimHypervisorAbout } from './hypervisor.ts';
import { SimMachine } from './machine.ts';

/** What the host is to have; cores and memory are spread evenly over its cells. */
export interface HostSize {
  readonly cores: number;
  readonly memory_mib: number;
  readonly disk_gib: number;
  /** How many NUMA cells. */
  readonly cells?: number;
  /** How many CPUs a core has; 1 where nobody says. */
  readonly threads?: number;
  /** How many pages each cell has by size in KiB, beside ordinary ones. */
  readonly pages?: Readonly<Record<number, number>>;
  readonly devices?: Machine['devices'];
  readonly persistent_memory?: Machine['persistent_memory'];
  /** How many cells share a socket; left out: nobody knows. */
  readonly cells_a_socket?: number;
}

type Habits = Pick<SimHypervisorAbout, 'latency' | 'mishap' | 'link' | 'dirty_mib_per_s_max'>;

export interface SimulatedHostAbout extends HostSize, Habits {
  readonly name: string;
  readonly uuid: string;
  readonly fabric: SimFabric;
  readonly clock: Clock;
  readonly journal?: Journal;
  /** Left out: in memory. */
  readonly shelf?: GuestShelf;
  /** Left out: from the host's name. */
  readonly chance?: Chance;
  readonly config?: Partial<HostConfig>;
  /** Where it brings images of its guests to; left out: it has no way to make any. */
  readonly images?: ImageFiles;
  /** How it cleans devices that are used once; left out: not at all. */
  readonly clean?: CleanDevice;
}

export interface SimulatedHost {
  readonly hypervisor: SimHypervisor;
  readonly agent: Agent;
  /** The agent's next life, on the same machine: it remembers nothing of the one before. */
  reborn(): Agent;
}

/** Finds the host as its shelf has it; each time is a new life of its agent. */
export async function simulatedHost(
  about: SimulatedHostAbout,
): Promise<Decision<SimulatedHost, string>> {
  const { name, uuid, clock, fabric, journal = silent } = about;
  const config = { ...plainConfig, ...about.config };
  const describes = { ...machineOf(about), booted_at_ms: clock.wall() };
  const wrong = checkConfig(config, describes);
  if (wrong.length > 0) return no(`its configuration is wrong: ${wrong.join('; ')}`);
  const opened = await SimMachine.open(about.shelf ?? new SimGuestShelf());
  if (opened.is === 'no') return opened;
  const machine = opened.value;
  const chance = about.chance ?? new Chance(`host ${name}`);
  const hypervisor = new SimHypervisor({
    ...habitsOf(about),
    name,
    machine,
    clock,
    fabric,
    chance,
    describes,
    ...(about.images && { images: about.images }),
  });
  let incarnation = machine.lives;
  const reborn = () =>
    new Agent({
      host: name,
      uuid,
      incarnation: incarnation++,
      config,
      hypervisor,
      clock,
      journal,
      ...(about.clean && { clean: about.clean }),
    });
  return done({ hypervisor, agent: reborn(), reborn });
}

const habitsOf = ({ latency, mishap, link, dirty_mib_per_s_max }: Habits): Habits => ({
  ...(latency && { latency }),
  ...(mishap && { mishap }),
  ...(link && { link }),
  ...(dirty_mib_per_s_max !== undefined && { dirty_mib_per_s_max }),
});

/** What images of everyday ask for, e.g. by `hw_disk_bus=virtio`, and common hypervisors offer. */
const DEVICE_MODELS = [
  ...['IDE', 'SATA', 'SCSI', 'USB', 'VIRTIO'].map((bus) => `COMPUTE_STORAGE_BUS_${bus}`),
  ...['E1000', 'E1000E', 'RTL8139', 'VIRTIO'].map((model) => `COMPUTE_NET_VIF_MODEL_${model}`),
  ...['CIRRUS', 'QXL', 'VGA', 'VIRTIO'].map((model) => `COMPUTE_GRAPHICS_MODEL_${model}`),
  ...['BIOS', 'UEFI'].map((firmware) => `COMPUTE_FIRMWARE_${firmware}`),
];

/** e.g. 7 cores in 2 cells: 4 and 3. */
export function machineOf(size: HostSize): Machine {
  const { cores, memory_mib, disk_gib, cells = 1, devices, cells_a_socket } = size;
  const { threads = 1, pages = {}, persistent_memory } = size;
  return {
    hypervisor_type: 'simulated',
    hypervisor_version: 1_000_000,
    cpu_info: { arch: 'x86_64', model: 'simulated', topology: { cells, cores } },
    cores,
    memory_mib,
    disk_gib,
    ...(devices && { devices }),
    ...(persistent_memory && { persistent_memory }),
    cells: Array.from({ length: cells }, (_, cell) => ({
      cell,
      ...(cells_a_socket && { socket: Math.floor(cell / cells_a_socket) }),
      cores: share(cores, cells, cell),
      memory_mib: share(memory_mib, cells, cell),
      cpus: coresOf(cpusBefore(cores, cells, cell), share(cores, cells, cell), threads),
      pages: Object.entries(pages).map(([kib, total]) => ({ size_kib: Number(kib), total })),
    })),
    traits: [
      'COMPUTE_ARCH_X86_64',
      'COMPUTE_IMAGE_TYPE_QCOW2',
      'COMPUTE_IMAGE_TYPE_RAW',
      ...DEVICE_MODELS,
      'CUSTOM_PLIMSOLL_LOCKED_MEMORY',
      'CUSTOM_PLIMSOLL_REALTIME_CPUS',
      'HW_CPU_X86_AVX2',
      'HW_CPU_X86_SSE42',
    ],
  };
}

const cpusBefore = (cores: number, cells: number, cell: number): number =>
  Array.from({ length: cell }, (_, at) => share(cores, cells, at)).reduce((a, b) => a + b, 0);

/** e.g. 5 CPUs from 8 on, 2 a core: [8, 9], [10, 11], [12]. */
const coresOf = (first: number, count: number, threads: number): number[][] =>
  Array.from({ length: Math.ceil(count / threads) }, (_, core) =>
    Array.from(
      { length: Math.min(threads, count - core * threads) },
      (_, thread) => first + core * threads + thread,
    ),
  );

const share = (all: number, cells: number, cell: number): number =>
  Math.floor(all / cells) + (cell < all % cells ? 1 : 0);
