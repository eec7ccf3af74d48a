/**
 * The trace of a cloud's placement requests, as its authors published it.
 *
 *   PM_res.csv        CPU1,RAM1,CPU2,RAM2: what is free in the two NUMA nodes of each server
 *   VM_data_NAME.csv  flavor_vcpus,flavor_ram,numa,strategy,group,domain: a sequence of requests
 *
 * Memory is in GB in the files, and in MiB everywhere else.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byText } from '../../core/base/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';

export const SERVERS_FILE = 'PM_res.csv';
const SEQUENCE_FILE = /^VM_data_(.+)\.csv$/;
const MIB_A_GB = 1024;

export interface TraceCell {
  readonly vcpus: number;
  readonly memory_mib: number;
}
export interface TraceServer {
  readonly name: string;
  readonly cells: readonly TraceCell[];
}

export type Strategy = 'anti-affinity' | 'fault_domain' | 'affinity';

export interface TraceRequest {
  /** Its place in the sequence, from 0. */
  readonly at: number;
  readonly vcpus: number;
  readonly memory_mib: number;
  /** 1: all in one NUMA node; 2: half in each of two. */
  readonly nodes: number;
  readonly strategy: Strategy | null;
  /** Of all rows with the same strategy and number. */
  readonly group: string | null;
  readonly domain: string;
}

export interface Sequence {
  readonly name: string;
  readonly requests: readonly TraceRequest[];
}
export interface HuaweiTrace {
  readonly servers: readonly TraceServer[];
  readonly sequences: readonly Sequence[];
}

/** Reads the servers and the sequences named, or all there are. */
export function readHuaweiTrace(
  directory: string,
  files: readonly string[],
  names: readonly string[],
): Decision<HuaweiTrace, string> {
  const found = files.flatMap((file) => SEQUENCE_FILE.exec(file)?.[1] ?? []).sort(byText);
  const unknown = names.filter((name) => !found.includes(name));
  if (unknown.length > 0) {
    return no(`no sequence ${unknown.join(', ')} in ${directory}; there is ${found.join(', ')}`);
  }
  const wanted = names.length === 0 ? found : names;
  try {
    return done({
      servers: lines(join(directory, SERVERS_FILE)).map(serverOf),
      sequences: wanted.map((name) => ({
        name,
        requests: lines(join(directory, `VM_data_${name}.csv`)).map(requestOf),
      })),
    });
  } catch (error) {
    return no(`${directory}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Line = Readonly<Record<string, string>>;

/** The lines of a CSV file without quotes, by the names of its first line. */
function lines(path: string): readonly Line[] {
  const [head = '', ...rest] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return rest.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
  });
}

function whole(line: Line, column: string): number {
  const text = line[column] ?? '';
  if (!/^\d+$/.test(text)) throw new Error(`${column} is no whole number: "${text}"`);
  return Number(text);
}

const serverOf = (line: Line, at: number): TraceServer => ({
  name: `server-${String(at + 1).padStart(4, '0')}`,
  cells: [1, 2].map((node) => ({
    vcpus: whole(line, `CPU${node}`),
    memory_mib: whole(line, `RAM${node}`) * MIB_A_GB,
  })),
});

function requestOf(line: Line, at: number): TraceRequest {
  const strategy = strategyOf(line['strategy'] ?? '');
  return {
    at,
    vcpus: whole(line, 'flavor_vcpus'),
    memory_mib: whole(line, 'flavor_ram') * MIB_A_GB,
    nodes: whole(line, 'numa'),
    strategy,
    group: strategy === null ? null : `${strategy} ${line['group']}`,
    domain: line['domain'] ?? '',
  };
}

function strategyOf(text: string): Strategy | null {
  switch (text) {
    case '':
      return null;
    case 'anti-affinity':
    case 'fault_domain':
    case 'affinity':
      return text;
    default:
      throw new Error(`unknown strategy "${text}"`);
  }
}
