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

/** Under which names it was said, for people. */
type Names = Readonly<Record<keyof SaidOfHosts, string>>;
const FLAGS: Names = {
  'cpu-shared-set': '--cpu-shared-set',
  'cpu-dedicated-set': '--cpu-dedicated-set',
  'reserved-huge-pages': '--reserved-huge-pages',
};

/** What is wrong is told all at once. */
export function hostShares(said: SaidOfHosts, names = FLAGS): Decision<HostShares, string> {
  const shared = setOf('cpu-shared-set', said, names);
  const dedicated = setOf('cpu-dedicated-set', said, names);
  const pages = names['reserved-huge-pages'];
  const reserved = (said['reserved-huge-pages'] ?? []).map((text) => reservedOf(text, pages));
  const wrong = [shared, dedicated, ...reserved].flatMap((one) => (one.is === 'no' ? one.why : []));
  if (wrong.length > 0) return no(wrong.join('; '));
  return done({
    cpu_shared_set: orNull(shared),
    cpu_dedicated_set: orNull(dedicated),
    reserved_pages: reserved.flatMap((one) => orNull(one) ?? []),
  });
}

/** Of CPUs all or nothing is said: who names one set has not left the other out by mistake. */
export function sharesSaid(shares: HostShares): Partial<HostShares> {
  const { cpu_shared_set, cpu_dedicated_set, reserved_pages } = shares;
  const silent = cpu_shared_set === null && cpu_dedicated_set === null;
  return {
    ...(!silent && { cpu_shared_set, cpu_dedicated_set }),
    ...(reserved_pages.length > 0 && { reserved_pages }),
  };
}

const orNull = <T>(one: Decision<T, string>): T | null => (one.is === 'done' ? one.value : null);

type SetName = 'cpu-shared-set' | 'cpu-dedicated-set';

function setOf(
  name: SetName,
  said: SaidOfHosts,
  names: Names,
): Decision<readonly number[] | null, string> {
  const text = said[name];
  if (text === undefined) return done(null);
  const set = cpuSet(text, CPUS_MAX);
  return set === null
    ? no(`${names[name]} ${text}: it must be a set of CPUs such as 0-3,^2`)
    : done(set);
}

const WRITTEN = /^node:(\d{1,3}),size:([^,]+),count:(\d{1,9})$/;

function reservedOf(text: string, name: string): Decision<ReservedPages, string> {
  const [, cell, size = '', count] = WRITTEN.exec(text) ?? [];
  const size_kib = sizeOfPages(size);
  if (cell === undefined || size_kib === null) {
    return no(`${name} ${text}: it must be like node:0,size:2MB,count:64`);
  }
  return done({ cell: Number(cell), size_kib, count: Number(count) });
}
