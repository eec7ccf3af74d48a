/**
 * How the shape of the database changed, version by version: the same steps for every engine.
 *
 * A new table appears by itself. A new column, or rows that must be rewritten, is a step: it is
 * appended here, and `SCHEMA_VERSION` follows. Steps about a table that a database does not have
 * are passed over: one of Placement alone has neither servers nor tokens.
 */
import type { ColumnType } from '../core/base/table.ts';

export type SchemaStep =
  /** `initial` is what rows that are there get; needed unless the column may be null. */
  | {
      readonly add: string;
      readonly to: string;
      readonly type: ColumnType;
      readonly initial?: number | boolean;
    }
  | { readonly drop: string; readonly from: string }
  /** Programs from now on do not write it; where older ones may be at work, it stays for them. */
  | { readonly leave: string; readonly of: string; readonly initial: number | boolean }
  /** `set` is SQL that every engine reads, about columns of that table alone. */
  | { readonly update: string; readonly set: string }
  /** The whole table goes, and begins afresh. */
  | { readonly clear: string };

/** A version that takes something away says from which version on programs can do without it. */
export interface Narrowing {
  readonly steps: readonly SchemaStep[];
  readonly works_from: number;
}
export type History = readonly (readonly SchemaStep[] | Narrowing)[];

/** The nth makes version n + 1 of version n. */
export const history: History = [
  // 2: servers can be locked
  [{ add: 'lock', to: 'server', type: 'json?' }],
  // 3: a token knows the application credential that it was got with
  [{ add: 'application_credential_id', to: 'identity_token', type: 'text?' }],
  // 4: explanations have a kind and repairs; they are kept for a while only
  [{ clear: 'explanation' }],
  // 5: servers know with whom they were made
  [{ add: 'reservation_id', to: 'server', type: 'text?' }],
  // 6: runs can wait for the books to change
  [{ add: 'waits', to: 'run', type: 'json?' }],
  // 7: NUMA cells know their own CPUs and their ratio of memory; holds, whether they are exact.
  //    A host says what it has again as soon as its agent starts.
  [
    { add: 'cpus', to: 'numa_cell', type: 'integer', initial: 0 },
    { add: 'memory_limit_mib', to: 'numa_cell', type: 'integer', initial: 0 },
    { add: 'exact', to: 'numa_cell_hold', type: 'boolean', initial: false },
    { update: 'numa_cell', set: 'cpus = vcpus, memory_limit_mib = memory_mib' },
  ],
  // 8: a process keeps one lease, and no longer one for each of its runs
  [{ drop: 'lease_until_ms', from: 'run' }],
  // 9: what owners say of servers that nothing goes by is kept
  [{ add: 'particulars', to: 'server', type: 'json?' }],
  // 10: hosts say when they were started
  [{ add: 'booted_at_ms', to: 'host', type: 'integer?' }],
  // 11: what a host kept back is noted, to tell it from what others keep back
  [{ add: 'reserved', to: 'host_report', type: 'json?' }],
  // 12: each use of a device that must be cleaned after it has a number
  [{ add: 'uses', to: 'device', type: 'integer', initial: 0 }],
  // 13: what running a guest takes is counted
  [{ add: 'overhead', to: 'inventory', type: 'integer', initial: 0 }],
  // 14: what a run was doing when it got stuck is noted, so that it can go on with that
  [{ add: 'stuck', to: 'run', type: 'json?' }],
  // 15: a claim names the step that made it
  [{ add: 'claimed_by', to: 'consumer', type: 'text?' }],
  // 16: a run knows what began it, so that whoever carries it on does so in the same trace
  [{ add: 'trace', to: 'run', type: 'text?' }],
  // 17: a process says of which version it is, so that nothing is taken away that one still needs
  [{ add: 'schema_version', to: 'process', type: 'integer?' }],
];

/** The first version whose programs work beside others (decisions/0023). */
export const BESIDE_OTHERS = 17;

export const versionOf = (all: History): number => all.length + 1;
export const SCHEMA_VERSION = versionOf(history);

/** All that is to be done to a database of `version`. */
export const stepsAfter = (version: number, all: History = history): readonly SchemaStep[] =>
  all.slice(version - 1).flatMap((one) => ('steps' in one ? one.steps : one));

/** The oldest version whose programs can work on what becomes of a database of `version`. */
export function worksFrom(version: number, all: History): number {
  const ways = all.slice(version - 1).map((one, at) => {
    const made = version + at + 1;
    if (made <= BESIDE_OTHERS) return made;
    return 'steps' in one ? one.works_from : 0;
  });
  return Math.max(0, ...ways);
}

/** The table that a step is about. */
export function tableOf(step: SchemaStep): string {
  if ('to' in step) return step.to;
  if ('of' in step) return step.of;
  if ('from' in step) return step.from;
  return 'update' in step ? step.update : step.clear;
}
