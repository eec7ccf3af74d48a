/**
 * `drain HOST`: what would go where (`--plan`), or doing it, told as it goes on.
 *
 * The server goes on with it when we leave; the same command shows it again. Ends with 0 when the
 * host is empty, with 1 when something is left on it.
 */
import { styleText } from 'node:util';
import type { Static } from 'typebox';
import type { Drain, PlannedMove } from '../core/api/plimsoll/drains.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, state, table } from './table.ts';

type PlanView = Static<typeof PlannedMove>;
type DrainView = Static<typeof Drain>;
type MoveView = DrainView['moves'][number];

const LOOK_EVERY_MS = 1_000;

const columns: readonly Column<PlanView>[] = [
  { title: 'SERVER', cell: ({ name }) => name },
  { title: 'UUID', cell: ({ server_uuid }) => server_uuid },
  { title: 'HOW', cell: ({ how }) => how },
  { title: 'TO', cell: ({ to }) => to },
  { title: 'PINNED', cell: ({ pinned }) => (pinned ? 'yes' : 'no') },
  { title: 'WHY IT STAYS', cell: ({ why }) => why },
];

export async function planOfDrain({ client, format, print }: Session, host: string) {
  const body = await client.get<{ plan: PlanView[] }>(`${pathOf(host)}/drain-plan`);
  if (body === null) throw nowhere(host);
  print(format === 'json' ? JSON.stringify(body.plan, null, 2) : table(columns, body.plan));
  return body.plan.some(({ why }) => why !== null) ? 1 : 0;
}

const aWhile = () => new Promise<void>((resolve) => setTimeout(resolve, LOOK_EVERY_MS));

export async function drain(
  session: Session,
  host: string,
  moves_max?: number,
  pause = aWhile,
): Promise<number> {
  const { client, print, format } = session;
  const about = moves_max === undefined ? {} : { moves_max };
  let body = await client.post<{ drain: DrainView }>(`${pathOf(host)}/drain`, about);
  const told = new Set<string>();
  while (body !== null && tell(session, body.drain, told).state === 'running') {
    await pause();
    body = await client.get<{ drain: DrainView }>(`${pathOf(host)}/drain`);
  }
  if (body === null) throw nowhere(host);
  const { state: is, moves } = body.drain;
  if (format === 'table') print(`${host}: ${state(is)}, ${moves.length} servers`);
  return is === 'done' ? 0 : 1;
}

export async function cancelDrain({ client, print, format }: Session, host: string) {
  const body = await client.post<{ drain: DrainView }>(`${pathOf(host)}/drain/cancel`, undefined);
  if (body === null) throw nowhere(host);
  print(format === 'json' ? JSON.stringify(body.drain, null, 2) : `${host}: ${body.drain.state}`);
  return 0;
}

const pathOf = (host: string): string => `/hosts/${encodeURIComponent(host)}`;
const nowhere = (host: string) =>
  new Complaint(`there is no host '${host}'`, '`plimsoll host list` names what there is');

/** Prints what was not printed yet. */
function tell({ format, print }: Session, view: DrainView, told: Set<string>): DrainView {
  for (const move of view.moves) {
    const line = format === 'json' ? JSON.stringify(move) : lineOf(move);
    if (!told.has(line)) print(line);
    told.add(line);
  }
  return view;
}

function lineOf({ server_uuid, how, operation_id, why }: MoveView): string {
  if (why !== null) return `${server_uuid}  ${styleText('red', 'stays')}  ${why}`;
  return `${server_uuid}  ${how}  ${operation_id ?? 'once more'}`;
}
