/**
 * Goal: a replay places a small trace through the whole system and judges it rightly; the judge
 * finds every kind of broken rule; a directory that is none is told in one line.
 * Method: traces of a few lines in a directory of their own, worked out by hand; for the judge,
 * the rows of a good replay with one thing changed.
 *
 * Mutants that were caught: each of the judge's four rules left out; anti-affinity asked of every
 * group; GB read as MiB; contradictions of the file counted as the ledger's.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { mock } from 'node:test';
import { present } from '../../core/base/units.ts';
import { runReplay } from '../replay.ts';
import { replayBytedance } from './bytedance.ts';
import { replayHuawei } from './huawei.ts';
import { verdict } from './huawei-check.ts';
import { type HuaweiTrace, readHuaweiTrace } from './huawei-trace.ts';
import type { LedgerRows } from './ledger-rows.ts';

const FLEET = 'CPU1,RAM1,CPU2,RAM2\n8,16,8,16\n8,16,8,16\n4,8,4,8\n';
const HEAD = 'flavor_vcpus,flavor_ram,numa,strategy,group,domain\n';
const REQUESTS = `${HEAD}8,16,2,anti-affinity,0,
8,16,2,anti-affinity,0,
4,8,1,fault_domain,0,1
2,4,1,fault_domain,0,2
2,4,1,affinity,0,
2,4,1,affinity,0,
1,2,1,,,
`;

function traceOf(requests: string): HuaweiTrace {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
  try {
    writeFileSync(join(directory, 'PM_res.csv'), FLEET);
    writeFileSync(join(directory, 'VM_data_T.csv'), requests);
    const read = readHuaweiTrace(directory, ['PM_res.csv', 'VM_data_T.csv'], []);
    return present(read.is === 'done' ? read.value : null, 'a trace that can be read');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a trace is read in vCPUs and MiB', () => {
  const { servers, sequences } = traceOf(REQUESTS);
  deepEqual(servers[2]?.cells[1], { vcpus: 4, memory_mib: 8192 });
  const { memory_mib, nodes, group } = present(sequences[0]?.requests[0], 'a request');
  deepEqual([memory_mib, nodes, group], [16_384, 2, 'anti-affinity 0']);
});

test('a small trace is placed, and the report counts it', async () => {
  const [played] = await replayHuawei(traceOf(REQUESTS), () => {});
  const { decisions_per_s, p99_ms, hosts, ...report } = present(played, 'one sequence').report;
  deepEqual(report, {
    sequence: 'T',
    requests: 7,
    placed: 7,
    refused: 0,
    rule_violations: 0,
    affinity_groups: 1,
    affinity_hosts: 1,
    affinity_hosts_fewest: 1,
  });
  equal(hosts >= 2 && decisions_per_s > 0 && p99_ms > 0, true);
});

test('what fits nowhere is refused, and the reason is told', async () => {
  const [played] = await replayHuawei(traceOf(`${HEAD}12,8,1,,,\n1,2,1,,,\n`), () => {});
  const { report, remarks } = present(played, 'one sequence');
  deepEqual([report.placed, report.refused, report.rule_violations], [1, 1, 0]);
  match(remarks.join(), /refused 1: No valid host was found\. None of 3 hosts can take 12 VCPU/);
});

// ── the judge ────────────────────────────────────────────────────────────────────────────────

const JUDGED = `${HEAD}2,4,1,anti-affinity,0,\n2,4,1,anti-affinity,0,\n2,4,1,fault_domain,0,1
2,4,1,fault_domain,0,2\n8,16,2,,,\n`;

/** Rows as the database would have them, each request at its host and its cells. */
function rowsOf({ sequences, servers }: HuaweiTrace, at: readonly [number, ...number[]][]) {
  const requests = present(sequences[0], 'a sequence').requests;
  const uuid = (n: number) => `uuid-${n}`;
  const rows = {
    hosts: servers.map(({ name }, provider_id) => ({ name, provider_id })),
    servers: at.map(([host], n) => ({
      name: `request-${n}`,
      uuid: uuid(n),
      host: servers[host]?.name,
      vm_state: 'active',
    })),
    allocations: at.flatMap(([provider_id], n) => [
      held(n, provider_id, 0, requests[n]?.vcpus),
      held(n, provider_id, 1, requests[n]?.memory_mib),
    ]),
    cells: [],
    cellHolds: at.flatMap(([provider_id, ...cells], n) =>
      cells.map((cell, guest_node) => ({
        consumer_uuid: uuid(n),
        provider_id,
        guest_node,
        cell,
        vcpus: (requests[n]?.vcpus ?? 0) / cells.length,
        memory_mib: (requests[n]?.memory_mib ?? 0) / cells.length,
      })),
    ),
  };
  return rows as unknown as LedgerRows;
}

const held = (n: number, provider_id: number, resource_class_id: number, used?: number) => ({
  consumer_uuid: `uuid-${n}`,
  provider_id,
  resource_class_id,
  used,
});

function judged(...at: readonly [number, ...number[]][]): readonly string[] {
  const trace = traceOf(JUDGED);
  const requests = present(trace.sequences[0], 'a sequence').requests;
  const { violations } = verdict(requests, trace.servers, rowsOf(trace, at));
  return violations.map((violation) => violation.slice(0, 2));
}

test('the judge finds each kind of broken rule, and no other', () => {
  deepEqual(judged([0, 0], [1, 0], [0, 0], [1, 0], [2, 0, 1]), []);
  deepEqual(judged([0, 0], [0, 1], [0, 0], [1, 0], [2, 0, 1]), ['V3']);
  deepEqual(judged([0, 0], [1, 0], [0, 0], [0, 1], [2, 0, 1]), ['V4']);
  deepEqual(judged([0, 0], [1, 0], [2, 0], [1, 0], [2, 0, 1]), ['V2']);
  deepEqual(judged([0, 0], [1, 0], [0, 0], [1, 0], [0, 1]), ['V1']);
  deepEqual(judged([0, 0], [1, 0], [0, 0], [1, 0, 1], [2, 0, 1]), ['V1']);
});

// ── snapshots, and directories that hold nothing ─────────────────────────────────────────────

test('a snapshot is loaded as it stands; where it contradicts itself its VMs are believed', async () => {
  const cell = { cell: 0, vcpus: 8, vcpus_free: 6, pages: 100, pages_free: 90 };
  const wrong = { ...cell, cell: 1, vcpus_free: 8 };
  const node = { cell: 0, vcpus: 2, pages: 10 };
  const hosts = [{ name: 'a', cells: [cell, wrong] }];
  const vms = [{ name: 'v', host: 'a', nodes: [node] }];
  const [loaded] = await replayBytedance([{ name: 'c', hosts, vms }], () => {});
  const { report, remarks } = present(loaded, 'one cluster');
  const counted = { hosts: 1, servers: 1, cells: 2, pages: 10, mismatches: 0, contradictions: 1 };
  deepEqual(report, { cluster: 'c', ...counted });
  match(remarks.join(), /1 cells, e\.g\. cell 1 of a: 90 pages free stated, 100 left/);
});

test('a VM that the ledger refuses is a mismatch', async () => {
  const cell = { cell: 0, vcpus: 8, vcpus_free: 6, pages: 9, pages_free: 0 };
  const node = { cell: 0, vcpus: 2, pages: 10 };
  const vms = [{ name: 'v', host: 'a', nodes: [node] }];
  const cluster = { name: 'c', hosts: [{ name: 'a', cells: [cell, { ...cell, cell: 1 }] }], vms };
  const [loaded] = await replayBytedance([cluster], () => {});
  equal((loaded?.report.mismatches ?? 0) > 0, true);
  match((loaded?.remarks ?? []).join(), /v was refused: .*"why":"pages-full".*"free":9/);
});

test('a directory without a trace gets one clear line', async () => {
  const lines: string[] = [];
  const log = mock.method(console, 'log', () => {});
  const ask = { sequences: [], format: 'json' as const, progress: (l: string) => lines.push(l) };
  equal(await runReplay({ ...ask, directory: import.meta.dirname }), 1);
  equal(await runReplay({ ...ask, directory: '/no/such/place' }), 1);
  equal(lines.length, 2);
  match(lines.join('\n'), /holds neither PM_res\.csv nor a cluster_list\n.*not a directory/);
  equal(log.mock.callCount(), 0);
});
