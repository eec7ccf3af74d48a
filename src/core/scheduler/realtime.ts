/**
 * Which vCPUs of a guest run in real time: their host lets nothing else run before them.
 *
 *   hw:cpu_realtime=true          with dedicated or mixed CPUs only
 *   hw:cpu_realtime_mask=2-3      those vCPUs; ^0-1: all but these; none said: all
 *   hw_cpu_realtime_mask=…        an image's comes before its flavor's: it knows what runs where
 *
 *   vCPU     0        1        2          3
 *            ordinary ordinary real time  real time      the emulator runs beside the ordinary ones
 *
 * One vCPU at least stays ordinary, unless the emulator's threads have a CPU of their own. With
 * mixed CPUs those in real time have CPUs to themselves; where no other mask says, they alone.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow } from '../servers/rows.ts';
import { cpuSet } from '../topology/cpu-set.ts';
import { isTrue } from './specs/value.ts';

type Specs = Readonly<Record<string, string>>;

export const isRealtime = ({ extra_specs }: FlavorRow): boolean =>
  isTrue(extra_specs['hw:cpu_realtime']);

/** As cpu-policy.ts reads sets; undefined: nobody says. */
export const realtimeMask = ({ extra_specs: specs }: FlavorRow, image: Specs) =>
  image['hw_cpu_realtime_mask'] ?? specs['hw:cpu_realtime_mask'];

/** `^0` stands for all but that one. */
export const maskedVcpus = (mask: string, vcpus: number): readonly number[] | null =>
  cpuSet(mask.trim().startsWith('^') ? `0-${vcpus - 1},${mask}` : mask, vcpus);

/** Rising; empty: none. `own`: what the CPU policy gives; null: nothing. */
export function realtimeVcpus(
  flavor: FlavorRow,
  image: Specs,
  own: { readonly dedicated: readonly number[]; readonly emulator: boolean } | null,
): Decision<readonly number[], string> {
  if (!isRealtime(flavor)) return done([]);
  if (own === null) return no('hw:cpu_realtime needs dedicated or mixed CPUs');
  const mask = realtimeMask(flavor, image);
  const set = mask === undefined ? own.dedicated : maskedVcpus(mask, flavor.vcpus);
  if (set === null) {
    return no(`the mask of real-time CPUs names some of the ${flavor.vcpus} vCPUs: ${mask}`);
  }
  if (set.length === flavor.vcpus && !own.emulator) {
    return no('one vCPU must not be in real time, or hw:emulator_threads_policy=isolate');
  }
  const shared = set.find((vcpu) => !own.dedicated.includes(vcpu));
  if (shared === undefined) return done(set);
  return no(`vCPU ${shared} is to run in real time, and has no CPU to itself`);
}
