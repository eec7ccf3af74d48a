/**
 * `status`: how the installation is, on a page; exit code 1 when the process that was asked is not
 * ready. What is wrong comes last, where eyes are, each with the next step.
 */
import type { Static } from 'typebox';
import type { Status } from '../core/api/plimsoll/status.ts';
import type { Health } from './client.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { state } from './table.ts';

type StatusView = Static<typeof Status>;

/** Where no log-in is possible, what it says without one. */
export function notReady(
  { origin, wrong }: Health,
  { format, print }: Pick<Session, 'format' | 'print'>,
): number {
  if (format === 'json') print(JSON.stringify({ ready: false, problems: wrong }, null, 2));
  else print([`Plimsoll at ${origin} is ${state('down')}: not ready.`, ...told(wrong)].join('\n'));
  return 1;
}

export async function status({ client, format, print }: Session, origin: string): Promise<number> {
  const seen = await client.get<StatusView>('/status');
  if (seen === null) throw new Complaint('this server tells no status', 'is it older?');
  print(format === 'json' ? JSON.stringify(seen, null, 2) : page(seen, origin));
  return seen.ready ? 0 : 1;
}

function page(seen: StatusView, origin: string): string {
  const { ready, ledger, hosts, operations, problems } = seen;
  const lines: [string, string | number][] = [
    ['processes', processesOf(seen)],
    ['database', seen.database === 'sqlite' ? 'SQLite, a file of its own' : 'PostgreSQL'],
    ['broker', seen.broker === 'away' ? state('down') : seen.broker],
    ['ledger', `batch ${ledger.sequence}, ${ledger.queued} requests queued`],
    ['hosts', `${hosts.up} up, ${hosts.down} down`],
    ['servers', seen.servers],
    ['operations', operationsOf(operations)],
  ];
  const head = `Plimsoll at ${origin} is ${ready ? 'ready' : `${state('down')}: not ready`}.`;
  const body = lines.map(([name, text]) => `  ${name.padEnd(12)}${text}`);
  return [head, '', ...body, ...told(problems)].join('\n');
}

function processesOf({ process, processes }: StatusView): string {
  if (processes.length === 0) return `1: ${process}`;
  const others = processes.map(({ name }) => name).filter((name) => name !== process);
  return `${processes.length}: ${[`${process} (asked)`, ...others].join(', ')}`;
}

function operationsOf({ under_way, waiting, stuck }: StatusView['operations']): string {
  const kinds = Object.entries(under_way).map(([kind, count]) => `${kind} ${count}`);
  const all = Object.values(under_way).reduce((sum, count) => sum + count, 0);
  const which = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  return `${all} under way${which}, ${waiting} waiting for room, ${stuck} stuck`;
}

const told = (problems: readonly { readonly what: string; readonly next: string }[]): string[] =>
  problems.flatMap(({ what, next }) => ['', `! ${what}`, `  next: ${next}`]);
