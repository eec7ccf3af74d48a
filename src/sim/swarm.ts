/**
 * The options of one run, drawn from its seed, so that runs differ in kind and not only in chance:
 * a fleet of three hosts on a perfect network is another test than eight hosts on a terrible one.
 *
 * Each kind of fault is left out of about half of the runs. A world in which everything always
 * fails never gets far enough to fail in an interesting way.
 */
import type { Chance } from '../core/base/seeded.ts';
import type { Faults, HypervisorFaults, Mishaps, StoreFaults, WireFaults } from './faults.ts';

export interface HostShape {
  readonly cells: number;
  readonly vcpus_per_cell: number;
  readonly memory_mib_per_cell: number;
  readonly disk_gib: number;
  /** In each cell, beside the others: CPUs that a guest may have to itself, two a core. */
  readonly own_cpus_per_cell: number;
  /** In each cell, beside the other memory: pages of 2 MiB. */
  readonly pages_per_cell: number;
  /** In each cell; where there are some, a card of virtual functions too. */
  readonly cards_per_cell: number;
  /** Of persistent memory, by name of the label: a guest has one whole, and it is cleaned after. */
  readonly namespaces: Readonly<Record<string, number>>;
  /** What running a guest takes beside its own. */
  readonly guest_overhead_mib: number;
  readonly guest_overhead_gib: number;
}

/** Those that count and share out nothing but CPUs, memory and disk. */
export const plainShape = {
  ...{ own_cpus_per_cell: 0, pages_per_cell: 0, cards_per_cell: 0 },
  ...{ namespaces: {}, guest_overhead_mib: 0, guest_overhead_gib: 0 },
};

/** What clients do, each as often as its weight says. */
export interface Mix {
  readonly create: number;
  readonly create_two_nodes: number;
  /** With CPUs of their own, memory in pages, or both. */
  readonly create_exact: number;
  /** With devices of their own. */
  readonly create_with_devices: number;
  readonly create_in_group: number;
  readonly create_too_large: number;
  /** Several at once: as many as fit. */
  readonly create_many: number;
  /** Large ones, which may wait for room. */
  readonly create_waiting: number;
  readonly destroy: number;
  /** The one made last, which may still be on its way. */
  readonly destroy_newest: number;
  readonly migrate: number;
  readonly migrate_to_named: number;
  /** Starts, stops, pauses, reboots … any server. */
  readonly switch_power: number;
  /** Rebuilds, rescues, unrescues any server. */
  readonly refit: number;
  /** One that was rescued. */
  readonly unrescue: number;
  readonly create_image: number;
  /** One that was stopped, paused or suspended. */
  readonly switch_power_back: number;
  readonly resize: number;
  readonly cold_migrate: number;
  /** Confirms or reverts one that was resized. */
  readonly end_move: number;
  readonly shelve: number;
  readonly unshelve: number;
  /** Fences one and evacuates its servers. */
  readonly evacuate_host: number;
  readonly drain_host: number;
  readonly disable_host: number;
  readonly enable_host: number;
  readonly change_inventory: number;
}

export interface Options {
  readonly hosts: number;
  readonly shape: HostShape;
  readonly zones: number;
  readonly clients: number;
  readonly operations: number;
  /** The longest that a client thinks between two operations. */
  readonly think_ms_max: number;
  readonly mix: Mix;
  readonly faults: Faults;
  readonly drift_ppm_max: number;
  readonly shelved_offload_s: number;
  readonly resize_to_same_host: boolean;
  readonly confirm_window_s: number;
  /** How many book steps of a run commit together: 1 lets a crash fall between any two. */
  readonly steps_per_request_max: number;
}

export function optionsFrom(chance: Chance): Options {
  return {
    hosts: chance.between(3, 8),
    shape: shapeFrom(chance.fork('shape')),
    zones: chance.between(1, 2),
    clients: chance.between(1, 4),
    operations: chance.between(30, 60),
    think_ms_max: chance.pick([200, 2_000, 10_000, 20_000]),
    mix: mixFrom(chance.fork('mix')),
    faults: {
      wire: wireFrom(chance.fork('wire')),
      store: storeFrom(chance.fork('store')),
      hypervisor: hypervisorFrom(chance.fork('hypervisor')),
      mishaps: mishapsFrom(chance.fork('mishaps')),
    },
    drift_ppm_max: chance.pick([0, 100, 900]),
    steps_per_request_max: chance.pick([1, 1, 100]),
    shelved_offload_s: chance.pick([0, 0, -1, 30]),
    resize_to_same_host: chance.pick([false, true]),
    confirm_window_s: chance.pick([0, 0, 30]),
  };
}

function shapeFrom(chance: Chance): HostShape {
  return {
    cells: chance.pick([1, 2, 2]),
    vcpus_per_cell: chance.pick([4, 8, 16]),
    memory_mib_per_cell: chance.pick([8, 16, 32]) * 1024,
    disk_gib: chance.pick([100, 1000]),
    own_cpus_per_cell: chance.pick([0, 2, 4, 8]),
    pages_per_cell: chance.pick([0, 512, 2048]),
    cards_per_cell: chance.pick([0, 1, 2]),
    namespaces: chance.pick([{}, { '4GB': 1 }, { '4GB': 2, LARGE: 1 }]),
    guest_overhead_mib: chance.pick([0, 0, 100, 500]),
    guest_overhead_gib: chance.pick([0, 0, 1]),
  };
}

function mixFrom(chance: Chance): Mix {
  return {
    create: chance.between(4, 8),
    create_two_nodes: chance.between(0, 4),
    create_in_group: chance.between(0, 6),
    create_too_large: chance.between(0, 1),
    create_many: chance.between(0, 3),
    create_waiting: chance.between(0, 4),
    destroy: chance.between(1, 6),
    destroy_newest: chance.between(0, 5),
    migrate: chance.between(2, 8),
    migrate_to_named: chance.between(0, 4),
    disable_host: chance.between(0, 1),
    enable_host: chance.between(1, 2),
    change_inventory: chance.between(0, 2),
    switch_power: chance.between(0, 6),
    switch_power_back: chance.between(1, 4),
    refit: chance.between(0, 3),
    unrescue: chance.between(1, 3),
    create_image: chance.between(0, 2),
    resize: chance.between(0, 5),
    cold_migrate: chance.between(0, 3),
    end_move: chance.between(1, 5),
    shelve: chance.between(0, 3),
    unshelve: chance.between(1, 3),
    evacuate_host: chance.between(0, 1),
    drain_host: chance.between(0, 2),
    create_exact: chance.between(0, 6),
    create_with_devices: chance.between(0, 4),
  };
}

/** Zero in about half of the runs, else up to `most`. */
const rate = (chance: Chance, most: number): number =>
  chance.happens(500) ? chance.between(1, most) : 0;

function wireFrom(chance: Chance): WireFaults {
  const latency_ms_min = chance.between(0, 10);
  return {
    latency_ms_min,
    latency_ms_max: latency_ms_min + chance.pick([1, 20, 400]),
    drop_before_permille: rate(chance, 150),
    drop_after_permille: rate(chance, 150),
    repeat_permille: rate(chance, 200),
    late_permille: rate(chance, 150),
    late_ms_max: chance.pick([1_000, 20_000, 90_000]),
  };
}

function storeFrom(chance: Chance): StoreFaults {
  return {
    latency_ms_max: chance.pick([0, 2, 20]),
    refuse_permille: rate(chance, 60),
    forget_permille: rate(chance, 60),
    drop_permille: rate(chance, 60),
    stall_permille: rate(chance, 20),
    stall_ms_max: chance.pick([500, 5_000]),
  };
}

function hypervisorFrom(chance: Chance): HypervisorFaults {
  const latency_ms_min = chance.between(1, 50);
  return {
    latency_ms_min,
    latency_ms_max: latency_ms_min + chance.pick([10, 500, 8_000]),
    refuse_permille: rate(chance, 120),
    forget_permille: rate(chance, 120),
    hang_permille: rate(chance, 30),
    late_permille: rate(chance, 60),
    late_ms_max: chance.pick([2_000, 40_000]),
  };
}

function mishapsFrom(chance: Chance): Mishaps {
  return {
    control_plane_crash_every_ms: rate(chance, 4) * 10_000,
    agent_crash_every_ms: rate(chance, 4) * 10_000,
    host_death_every_ms: rate(chance, 6) * 10_000,
    partition_every_ms: rate(chance, 6) * 10_000,
    wall_jump_every_ms: rate(chance, 6) * 10_000,
    lasts_ms_max: chance.pick([1_000, 20_000, 120_000]),
  };
}
