/**
 * What an operator says of a host's CPUs and pages on the command line, in upstream's words.
 *
 *   --cpu-shared-set 0-7,12-19            CPUs that guests share
 *   --cpu-dedicated-set 8-11,^9           CPUs that one guest may have to itself
 *   --reserved-huge-pages node:0,size:2MB,count:64      pages kept back; may be said several times
 *
 * Whether the machine has them is not known here (agent/config-check.ts).
 */
import type { HostConfig, ReservedPages } from '../../core/agent/config.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { cpuSet } from '../../core/topology/cpu-set.ts';
import { sizeOfPages } from '../../core/topology/pages.ts';

export type HostShares = Pick<
  HostConfig,
  'cpu_shared_set' | 'cpu_dedicated_set' | 'reserved_pages'
>;

export interface SaidOfHosts {
  readonly 'cpu-shared-set'?: string;
  readonly 'cpu-dedicated-set'?: string;
  readonly 'reserved-huge-pages'?: readonly string[];
}

/** No machine has more CPUs. */
const CPUS_MAX = 65_536;

/** What is wrong is told all at once. */
export function hostShares(said: SaidOfHosts): Decision<HostShares, string> {
  const shared = setOf('cpu-shared-set', said);
  const dedicated = setOf('cpu-dedicated-set', said);
  const reserved = (said['reserved-huge-pages'] ?? []).map(reservedOf);
  const wrong = [shared, dedicated, ...reserved].flatMap((one) => (one.is === 'no' ? one.why : []));
  if (wrong.length > 0) return no(wrong.join('; '));
  return done({
    cpu_shared_set: orNull(shared),
    cpu_dedicated_set: orNull(dedicated),
    reserved_pages: reserved.flatMap((one) => orNull(one) ?? []),
  });
}

const orNull = <T>(one: Decision<T, string>): T | null => (one.is === 'done' ? one.value : null);

type SetName = 'cpu-shared-set' | 'cpu-dedicated-set';

function setOf(name: SetName, said: SaidOfHosts): Decision<readonly number[] | null, string> {
  const text = said[name];
  if (text === undefined) return done(null);
  const set = cpuSet(text, CPUS_MAX);
  return set === null
    ? no(`--${name} ${text}: it must be a set of CPUs such as 0-3,^2`)
    : done(set);
}

const WRITTEN = /^node:(\d{1,3}),size:([^,]+),count:(\d{1,9})$/;

function reservedOf(text: string): Decision<ReservedPages, string> {
  const [, cell, size = '', count] = WRITTEN.exec(text) ?? [];
  const size_kib = sizeOfPages(size);
  if (cell === undefined || size_kib === null) {
    return no(`--reserved-huge-pages ${text}: it must be like node:0,size:2MB,count:64`);
  }
  return done({ cell: Number(cell), size_kib, count: Number(count) });
}
