/**
 * The independent checker: holds the history against what a single copy would have answered. It
 * knows no code of the product, only what clients were told.
 *
 * A consumer's allocations are a register with versions: a claim names the generation that it
 * replaces, and makes the next one. Such a history is linearizable if and only if
 *
 *   J1  no two claims that were answered "done" replaced one generation        doubled
 *   J2  a generation that a done claim made shows that claim's value           lost
 *   J3  whoever looks after something was answered sees no earlier generation  stale
 *   J4  every value that is seen was asked for, by a claim that was not
 *       refused, as of the generation before                                   violation
 *
 * since then the order of generations is an order of all claims and looks that agrees with the
 * order of their answers. A provider's generation never goes back, either (J3). Of servers:
 *
 *   J5  whoever looks after a server was answered sees it, until somebody may have deleted it (lost
 *       or stale), and nobody sees it any more once somebody has seen it gone (stale);
 *   J6  no name was given twice (doubled): each was asked for once.
 */
import type { Birth, Death, Event, Glance, Read, Sight, Write } from './history.ts';

export interface Findings {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly stale: readonly string[];
  readonly violations: readonly string[];
}

interface Found {
  lost: string[];
  doubled: string[];
  stale: string[];
  violations: string[];
}

/** `names`: of all servers that are there in the end. */
export function judge(history: readonly Event[], names: readonly string[]): Findings {
  const found: Found = { lost: [], doubled: [], stale: [], violations: [] };
  const of = <Kind extends Event['is']>(is: Kind) =>
    history.filter((event): event is Extract<Event, { is: Kind }> => event.is === is);
  const writes = groups(of('write'), ({ consumer }) => consumer);
  const reads = groups(of('read'), ({ consumer }) => consumer);
  for (const [consumer, seen] of reads) {
    judgeConsumer(found, consumer, writes.get(consumer) ?? [], seen);
  }
  for (const [provider, seen] of groups(of('glance'), (one) => one.provider)) {
    judgeOrder(found, `provider ${provider}`, seen.map(asSeen));
  }
  judgeServers(found, of('birth'), of('sight'), of('death'));
  judgeNames(found, of('birth'), names);
  return found;
}

interface Seen {
  readonly began_ms: number;
  readonly ended_ms: number;
  readonly generation: number;
}

const asSeen = ({ began_ms, ended_ms, generation }: Glance | Read): Seen => ({
  began_ms,
  ended_ms,
  generation,
});

function judgeConsumer(
  found: Found,
  consumer: string,
  writes: readonly Write[],
  reads: readonly Read[],
): void {
  const done = new Map<number, Write>();
  for (const write of writes) {
    if (write.outcome !== 'done') continue;
    const other = done.get(write.generation); // J1
    if (other !== undefined) {
      found.doubled.push(`${consumer}: ${other.value} and ${write.value} at ${write.generation}`);
    }
    done.set(write.generation, write);
  }
  const first = Math.min(...reads.map(({ generation }) => generation));
  for (const { generation, value } of reads) {
    const made = done.get(generation - 1);
    if (made !== undefined && made.value !== value) {
      found.lost.push(`${consumer}: ${made.value} was done, ${value} is there at ${generation}`); // J2
    } else if (made === undefined && generation !== first) {
      const asked = writes.some(
        (one) => one.generation === generation - 1 && one.value === value && one.outcome === 'lost',
      );
      if (!asked) found.violations.push(`${consumer}: nobody claimed ${value} at ${generation}`); // J4
    }
  }
  const made = [...done.values()].map(({ began_ms, ended_ms, generation }) => {
    return { began_ms, ended_ms, generation: generation + 1 };
  });
  judgeOrder(found, consumer, [...reads.map(asSeen), ...made]);
  const last = Math.max(...reads.map(({ generation }) => generation));
  for (const { generation, value } of done.values()) {
    if (generation + 1 > last) found.lost.push(`${consumer}: ${value}, done, was never seen`);
  }
}

/** J3: of two, of which one ended before the other began, the later shows no less. */
function judgeOrder(found: Found, what: string, seen: readonly Seen[]): void {
  const byEnd = seen.toSorted((a, b) => a.ended_ms - b.ended_ms);
  let at = 0;
  let newest = -1;
  for (const one of seen.toSorted((a, b) => a.began_ms - b.began_ms)) {
    for (; (byEnd[at]?.ended_ms ?? Number.POSITIVE_INFINITY) < one.began_ms; at++) {
      newest = Math.max(newest, byEnd[at]?.generation ?? -1);
    }
    if (one.generation < newest) {
      found.stale.push(`${what}: ${one.generation} was seen after ${newest} was`);
    }
  }
}

function judgeServers(
  found: Found,
  births: readonly Birth[],
  sights: readonly Sight[],
  deaths: readonly Death[],
): void {
  const seen = groups(sights, ({ id }) => id);
  const doomed = new Map(deaths.map(({ id, began_ms }) => [id, began_ms]));
  for (const { id, outcome, ended_ms, name } of births) {
    if (outcome !== 'done' || id === null) continue;
    const all = seen.get(id) ?? [];
    const doom_ms = doomed.get(id) ?? Number.POSITIVE_INFINITY;
    const blind = all.filter(
      (one) => !one.there && one.began_ms > ended_ms && one.ended_ms < doom_ms,
    );
    if (blind.length > 0) {
      const back = all.some((one) => one.there && one.began_ms > (blind[0]?.ended_ms ?? 0));
      (back ? found.stale : found.lost).push(`server ${name} was made, and then not there`);
    }
    const gone_ms = Math.min(...all.filter(({ there }) => !there).map((one) => one.ended_ms));
    if (all.some((one) => one.there && one.began_ms > gone_ms)) {
      found.stale.push(`server ${name} was seen after it was gone`);
    }
  }
}

function judgeNames(found: Found, births: readonly Birth[], names: readonly string[]): void {
  const counted = groups(names, (name) => name);
  for (const [name, all] of counted) {
    if (all.length > 1) found.doubled.push(`${all.length} servers are named ${name}`); // J6
  }
  for (const { name, outcome } of births) {
    if (outcome === 'refused' && counted.has(name)) {
      found.violations.push(`server ${name} was refused, and is there`);
    }
  }
}

function groups<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const one of all) {
    const group = grouped.get(keyOf(one));
    if (group === undefined) grouped.set(keyOf(one), [one]);
    else group.push(one);
  }
  return grouped;
}
