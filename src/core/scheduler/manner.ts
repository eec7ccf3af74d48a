/**
 * How a host is to run a guest, beyond what it gives it: what only its driver can see to.
 *
 *   hw:locked_memory=true, or hw_locked_memory   its memory stays in memory; with hw:mem_page_size
 *   hw:cpu_realtime=true                         some of its vCPUs run in real time (realtime.ts)
 *
 * A host whose driver cannot has no such trait, and is not chosen.
 */
import type { GuestManner } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow } from '../servers/rows.ts';
import { cpuPolicy } from './cpu-policy.ts';
import { realtimeVcpus } from './realtime.ts';
import { isTrue } from './specs/value.ts';

type Specs = Readonly<Record<string, string>>;

/** Null: as every guest. */
export function mannerOf(flavor: FlavorRow, image: Specs): Decision<GuestManner | null, string> {
  const cpus = cpuPolicy(flavor, image);
  if (cpus.is === 'no') return cpus;
  const locked = locksMemory(flavor.extra_specs, image);
  if (locked.is === 'no') return locked;
  const realtime = realtimeVcpus(flavor, image, cpus.value);
  if (realtime.is === 'no') return realtime;
  if (!locked.value && realtime.value.length === 0) return done(null);
  return done({
    ...(locked.value && { locked_memory: true }),
    ...(realtime.value.length > 0 && { realtime_vcpus: realtime.value }),
  });
}

function locksMemory(flavor: Specs, image: Specs): Decision<boolean, string> {
  const [own, other] = [flavor['hw:locked_memory'], image['hw_locked_memory']];
  if (own !== undefined && other !== undefined && isTrue(own) !== isTrue(other)) {
    return no(`the image says hw_locked_memory=${other}, the flavor hw:locked_memory=${own}`);
  }
  if (!isTrue(own) && !isTrue(other)) return done(false);
  const pages = flavor['hw:mem_page_size'] ?? image['hw_mem_page_size'];
  return pages === undefined ? no('locked memory needs hw:mem_page_size') : done(true);
}

/** What a host must have for it. */
export const mannerTraits = (manner: GuestManner | null): readonly string[] => [
  ...(manner?.locked_memory === true ? ['CUSTOM_PLIMSOLL_LOCKED_MEMORY'] : []),
  ...(manner?.realtime_vcpus === undefined ? [] : ['CUSTOM_PLIMSOLL_REALTIME_CPUS']),
];
