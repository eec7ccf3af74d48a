/**
 * The recorded fleet and its requests, as packing.bench.ts plays them.
 *
 *   PM_res.csv        CPU1,RAM1,CPU2,RAM2: what is free in the two NUMA cells of each host
 *   VM_data_NAME.csv  flavor_vcpus,flavor_ram,numa,strategy,group,domain: a sequence of requests
 *
 * Memory is in GB in the files, and in MiB everywhere else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB_A_GB = 1024;

export interface TraceCell {
  readonly vcpus: number;
  readonly memory_mib: number;
}
export type TraceHost = readonly TraceCell[];

export interface TraceRequest {
  /** Its place in the sequence, from 0. */
  readonly at: number;
  readonly vcpus: number;
  readonly memory_mib: number;
  /** 1: all in one cell; 2: half in each of two. */
  readonly nodes: number;
  readonly strategy: 'anti-affinity' | 'fault_domain' | 'affinity' | '';
  /** Null: none. */
  readonly group: string | null;
  readonly domain: string;
}

export interface Trace {
  readonly fleet: readonly TraceHost[];
  readonly sequences: readonly {
    readonly name: string;
    readonly requests: readonly TraceRequest[];
  }[];
}

export function readTrace(directory: string): Trace {
  const names = readdirSync(directory).flatMap(
    (file) => /^VM_data_(.+)\.csv$/.exec(file)?.[1] ?? [],
  );
  return {
    fleet: lines(join(directory, 'PM_res.csv')).map(hostOf),
    sequences: names.sort().map((name) => ({
      name,
      requests: lines(join(directory, `VM_data_${name}.csv`)).map(requestOf),
    })),
  };
}

/** The lines of a CSV file without quotes, after the first, which has names. */
const lines = (path: string): readonly (readonly string[])[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(','));

const hostOf = ([cpu1, ram1, cpu2, ram2]: readonly string[]): TraceHost => [
  { vcpus: Number(cpu1), memory_mib: Number(ram1) * MIB_A_GB },
  { vcpus: Number(cpu2), memory_mib: Number(ram2) * MIB_A_GB },
];

function requestOf(line: readonly string[], at: number): TraceRequest {
  const [vcpus, ram, numa, strategy = '', group = '', domain = ''] = line;
  return {
    at,
    vcpus: Number(vcpus),
    memory_mib: Number(ram) * MIB_A_GB,
    nodes: Number(numa),
    strategy: strategy as TraceRequest['strategy'],
    group: strategy === '' ? null : `${strategy} ${group}`,
    domain,
  };
}
