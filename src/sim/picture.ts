/** The world in words: a line for each commit in the trace, and a line a host for people. */
import type { RunRow, RunStepRow } from '../core/conductor/rows.ts';
import { runSteps, runs } from '../core/conductor/rows.ts';
import { type HostRow, hosts } from '../core/fleet/rows.ts';
import { type DeviceHoldRow, deviceHolds } from '../core/ledger/device-rows.ts';
import type { View } from '../core/ledger/draft.ts';
import {
  type AllocationRow,
  allocations,
  type CpuPinRow,
  cpuPins,
  type PageHoldRow,
  pageHolds,
} from '../core/ledger/rows.ts';
import type { Batch } from '../core/ports/store.ts';
import { type ServerRow, servers } from '../core/servers/rows.ts';
import type { SimHost } from './host.ts';
import type { Timeline } from './timeline.ts';

/** What a commit changed, in the few words that matter when one looks for a mistake. */
export function tell(timeline: Timeline, { sequence, changes }: Batch): void {
  for (const { table, row, gone } of changes) {
    const said = sentence(table, row);
    if (said !== null) timeline.note(`#${sequence} ${gone ? '− ' : ''}${said}`);
  }
}

const short = (uuid: string): string => uuid.slice(0, 8);

function sentence(table: string, row: object): string | null {
  switch (table) {
    case servers.name: {
      const { uuid, name, vm_state, task_state, host } = row as ServerRow;
      return `${name} ${short(uuid)} ${vm_state} ${task_state ?? '-'} on ${host ?? 'nothing'}`;
    }
    case runs.name: {
      const { id, saga, state, cursor, server_uuid, cancel_requested } = row as RunRow;
      const cancelled = cancel_requested ? ' (cancelled)' : '';
      const whose = `${short(id)} ${saga} of ${short(server_uuid ?? '')}`;
      return `run ${whose} ${state}${cancelled} at ${cursor ?? 'end'}`;
    }
    case runSteps.name: {
      const { run_id, name, round, state, attempts, host, error } = row as RunStepRow;
      const why = error === null ? '' : `: ${error.message}`;
      return `run ${short(run_id)} ${name}@${round} ${state} (${attempts}) ${host ?? ''}${why}`;
    }
    case allocations.name: {
      const { consumer_uuid, provider_id: on, resource_class_id, used } = row as AllocationRow;
      return `${short(consumer_uuid)} holds ${used} of class ${resource_class_id} on ${on}`;
    }
    case cpuPins.name: {
      const { consumer_uuid, provider_id: on, cpu, use } = row as CpuPinRow;
      return `${short(consumer_uuid)} has CPU ${cpu} (${use}) on ${on}`;
    }
    case deviceHolds.name: {
      const { consumer_uuid, provider_id: on, device } = row as DeviceHoldRow;
      return `${short(consumer_uuid)} has device ${device} on ${on}`;
    }
    case pageHolds.name: {
      const { consumer_uuid, provider_id: on, cell, size_kib, pages } = row as PageHoldRow;
      return `${short(consumer_uuid)} has ${pages} pages of ${size_kib} KiB in cell ${cell} on ${on}`;
    }
    case hosts.name: {
      const { name, state, status, incarnation } = row as HostRow;
      return `${name} ${state} ${status} life ${incarnation}`;
    }
    default:
      return null;
  }
}

const BAR_WIDTH = 20;

export function pictureOfFleet(view: View, fleet: readonly SimHost[]): string[] {
  return fleet.map((host) => {
    const row = view.rows(hosts).get(host.name);
    const power = host.hypervisor.up ? (host.agent === undefined ? 'no agent' : 'up') : 'dead';
    const said = row === undefined ? 'unknown' : `${row.state} ${row.status}`;
    const guests = [...host.machine.guests.values()]
      .map(
        ({ spec, power: state, stage }) =>
          `${short(spec.uuid)}:${stage === 'here' ? state : stage}`,
      )
      .join(' ');
    const head = `${host.name.padEnd(8)} ${power.padEnd(8)} ${said.padEnd(14)}`;
    return `${head} ${bar(view, row?.provider_id)} ${guests}`;
  });
}

/** How full its memory is, e.g. `[████████············]`. */
function bar(view: View, provider: number | undefined): string {
  const memory = view.books.classByName.get('MEMORY_MB')?.id;
  if (provider === undefined || memory === undefined) return '';
  const column = view.books.column(memory);
  const share = (column.used[provider] ?? 0) / Math.max(1, column.limit[provider] ?? 1);
  const full = Math.min(BAR_WIDTH, Math.round(share * BAR_WIDTH));
  return `[${'█'.repeat(full)}${'·'.repeat(BAR_WIDTH - full)}]`;
}
