/**
 * Which faults there are, and which are fair.
 *
 * A simulator that breaks everything tests nothing: no system keeps a promise to a disk that
 * forgets. So each fault has a bound, and the bound is what the system promises to survive:
 *
 *   port        what its twin does                              fair as long as
 *   ─────────── ─────────────────────────────────────────────── ──────────────────────────────────
 *   clock       runs fast or slow, its wall clock jumps         `now` never goes back; drift stays
 *                                                               under 1 in 1000
 *   store       refuses a commit, commits and loses the answer, what was answered `done` is there
 *               loses the request, stalls, dies with its user   after any crash
 *   wire        delays, drops the request, drops the answer,    a partition ends; what is asked
 *               repeats, holds up past the timeout, reorders;   again and again gets through in
 *               cuts a host off, one way or both                the end; nothing is forged
 *   hypervisor  refuses, hangs, acts late, acts and is not      one guest's memory never runs in
 *               heard, dies with its guests                     two places by its own doing
 *   process     control plane and agents crash between any two  they are started again
 *               events, hosts lose power
 *
 * In the first phase of a run all of them fly (their rates are drawn, swarm.ts). Then `calm` holds:
 * nothing fails any more, whoever was down is up again, and all must come to rest.
 */

/** Rates are in thousandths: of requests, or of commits. */
export interface WireFaults {
  readonly latency_ms_min: number;
  readonly latency_ms_max: number;
  /** The request is lost: nothing happened. */
  readonly drop_before_permille: number;
  /** The answer is lost: it happened. */
  readonly drop_after_permille: number;
  /** A second copy of the request arrives as well, maybe long after. */
  readonly repeat_permille: number;
  /** The request arrives after whoever asked has given up. */
  readonly late_permille: number;
  readonly late_ms_max: number;
}

export interface StoreFaults {
  readonly latency_ms_max: number;
  /** `begin` or `commit` answers no; nothing is written. */
  readonly refuse_permille: number;
  /** The commit is done, its answer lost. */
  readonly forget_permille: number;
  /** The commit is not done, its answer lost. */
  readonly drop_permille: number;
  readonly stall_permille: number;
  readonly stall_ms_max: number;
}

export interface HypervisorFaults {
  readonly latency_ms_min: number;
  readonly latency_ms_max: number;
  readonly refuse_permille: number;
  /** The verb is carried out, and whoever asked hears nothing of it. */
  readonly forget_permille: number;
  /** No answer, and nothing done. */
  readonly hang_permille: number;
  /** Carried out long after it was asked for. */
  readonly late_permille: number;
  readonly late_ms_max: number;
}

/** How often, on the average, each of these befalls the world while faults fly; 0: never. */
export interface Mishaps {
  readonly control_plane_crash_every_ms: number;
  readonly agent_crash_every_ms: number;
  readonly host_death_every_ms: number;
  readonly partition_every_ms: number;
  readonly wall_jump_every_ms: number;
  /** How long each of them lasts, at most. */
  readonly lasts_ms_max: number;
}

export interface Faults {
  readonly wire: WireFaults;
  readonly store: StoreFaults;
  readonly hypervisor: HypervisorFaults;
  readonly mishaps: Mishaps;
}

const calmWire: WireFaults = {
  latency_ms_min: 1,
  latency_ms_max: 2,
  drop_before_permille: 0,
  drop_after_permille: 0,
  repeat_permille: 0,
  late_permille: 0,
  late_ms_max: 0,
};

/** Nothing fails, and little waits: the second phase, and a world for other tests. */
export const calm: Faults = {
  wire: calmWire,
  store: {
    latency_ms_max: 1,
    refuse_permille: 0,
    forget_permille: 0,
    drop_permille: 0,
    stall_permille: 0,
    stall_ms_max: 0,
  },
  hypervisor: {
    latency_ms_min: 1,
    latency_ms_max: 5,
    refuse_permille: 0,
    forget_permille: 0,
    hang_permille: 0,
    late_permille: 0,
    late_ms_max: 0,
  },
  mishaps: {
    control_plane_crash_every_ms: 0,
    agent_crash_every_ms: 0,
    host_death_every_ms: 0,
    partition_every_ms: 0,
    wall_jump_every_ms: 0,
    lasts_ms_max: 0,
  },
};
