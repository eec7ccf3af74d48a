/**
 * `plimsoll replay DIRECTORY`: recorded fleets and requests of clouds, through the real system.
 *
 *   PM_res.csv, VM_data_*.csv   requests to be placed in order on servers of two NUMA nodes
 *   *.json with cluster_list    fleets as they stood, with every VM in its NUMA cells
 *
 * What a directory holds is told by its files. Progress goes to whoever called; the report to
 * standard output. The exit code is 0 only if everything came out as it must.
 */
import { existsSync, readdirSync } from 'node:fs';
import { type Column, table } from '../cli/table.ts';
import { type BytedanceReport, replayBytedance } from './replay/bytedance.ts';
import { readSnapshot } from './replay/bytedance-trace.ts';
import { type HuaweiReport, replayHuawei } from './replay/huawei.ts';
import { readHuaweiTrace, SERVERS_FILE } from './replay/huawei-trace.ts';

export interface ReplayOptions {
  readonly directory: string;
  /** Only these, by name; none: all. */
  readonly sequences: readonly string[];
  readonly format: 'table' | 'json';
  readonly progress: (line: string) => void;
}

export async function runReplay(options: ReplayOptions): Promise<number> {
  const { directory, progress } = options;
  const files = existsSync(directory) ? readdirSync(directory) : null;
  if (files === null) return complain(options, `${directory} is not a directory that can be read`);
  if (files.includes(SERVERS_FILE)) {
    const trace = readHuaweiTrace(directory, files, options.sequences);
    if (trace.is === 'no') return complain(options, trace.why);
    return print(options, await replayHuawei(trace.value, progress), huaweiColumns, huaweiIsWell);
  }
  const snapshot = readSnapshot(directory, files);
  if (snapshot === null) {
    return complain(options, `${directory} holds neither ${SERVERS_FILE} nor a cluster_list`);
  }
  const chosen = snapshot.filter(
    ({ name }) => options.sequences.length === 0 || options.sequences.includes(name),
  );
  if (chosen.length === 0)
    return complain(options, `no cluster named ${options.sequences.join(', ')}`);
  return print(
    options,
    await replayBytedance(chosen, progress),
    bytedanceColumns,
    ({ mismatches }) => mismatches === 0,
  );
}

function complain({ progress }: ReplayOptions, line: string): number {
  progress(`plimsoll: ${line}`);
  return 1;
}

function print<Report extends object>(
  { format, progress }: ReplayOptions,
  reports: readonly { readonly report: Report; readonly remarks: readonly string[] }[],
  columns: readonly Column<Report>[],
  isWell: (report: Report) => boolean,
): number {
  const all = reports.map(({ report }) => report);
  for (const { remarks } of reports) for (const remark of remarks) progress(remark);
  console.log(format === 'json' ? JSON.stringify(all.map(plain), null, 2) : table(columns, all));
  return all.every(isWell) ? 0 : 1;
}

/** Without what only people want beside the figures. */
function plain(report: object): object {
  const { affinity_hosts_fewest: _, ...rest } = report as Partial<HuaweiReport>;
  return rest;
}

const huaweiIsWell = ({ placed, requests, rule_violations }: HuaweiReport): boolean =>
  placed === requests && rule_violations === 0;

const number = <Row>(title: string, cell: (row: Row) => string | number): Column<Row> => ({
  title,
  cell,
  right: true,
});

const huaweiColumns: readonly Column<HuaweiReport>[] = [
  { title: 'SEQUENCE', cell: (row) => row.sequence },
  number('REQUESTS', (row) => row.requests),
  number('PLACED', (row) => row.placed),
  number('REFUSED', (row) => row.refused),
  number('BROKEN RULES', (row) => row.rule_violations),
  number('HOSTS', (row) => row.hosts),
  number('AFFINITY GROUPS', (row) => row.affinity_groups),
  number('ON HOSTS', (row) => row.affinity_hosts),
  number('FEWEST', (row) => row.affinity_hosts_fewest),
  number('DECISIONS/S', (row) => row.decisions_per_s),
  number('P99 MS', (row) => row.p99_ms),
];

const bytedanceColumns: readonly Column<BytedanceReport>[] = [
  { title: 'CLUSTER', cell: (row) => row.cluster },
  number('HOSTS', (row) => row.hosts),
  number('SERVERS', (row) => row.servers),
  number('CELLS', (row) => row.cells),
  number('PAGES HELD', (row) => row.pages),
  number('MISMATCHES', (row) => row.mismatches),
  number('FILE CONTRADICTS ITSELF', (row) => row.contradictions),
];
