/**
 * Operations that wait for a person: `operation list --state stuck` says what each holds, and
 * `operation undo ID` and `operation retry ID` have it go on; `operation watch` follows that.
 */
import type { Static } from 'typebox';
import type { OperationBrief } from '../core/api/plimsoll/schemas.ts';
import type { StuckOperation } from '../core/api/plimsoll/stuck.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, moment, table } from './table.ts';

type StuckView = Static<typeof StuckOperation>;

const columns: readonly Column<StuckView>[] = [
  { title: 'OPERATION', cell: ({ operation }) => operation.id },
  { title: 'SAGA', cell: ({ operation }) => operation.saga },
  { title: 'SERVER', cell: ({ operation }) => operation.server_uuid },
  { title: 'WAS', cell: ({ was }) => was },
  { title: 'STEP', cell: ({ operation }) => operation.step },
  { title: 'SINCE', cell: ({ since_ms }) => moment(since_ms) },
  { title: 'HOLDS', cell: ({ holds }) => holds.map(inWords).join('; ') || null },
  { title: 'ERROR', cell: ({ operation }) => operation.error },
];

/** e.g. `h1: 1 VCPU, 512 MEMORY_MB`. */
const inWords = ({ host, amounts }: StuckView['holds'][number]): string =>
  `${host}: ${Object.entries(amounts)
    .map(([name, amount]) => `${amount} ${name}`)
    .join(', ')}`;

export async function listStuck({ client, format, print }: Session): Promise<number> {
  const body = await client.get<{ stuck: StuckView[] }>('/stuck-operations');
  const stuck = body?.stuck ?? [];
  if (format === 'json') print(JSON.stringify(stuck, null, 2));
  else print(stuck.length === 0 ? 'No operation is stuck.' : table(columns, stuck));
  return 0;
}

export async function resetOperation(
  { client, format, print }: Session,
  id: string,
  how: 'undo' | 'retry',
): Promise<number> {
  const path = `/operations/${encodeURIComponent(id)}/reset`;
  const body = await client.post<{ operation: Static<typeof OperationBrief> }>(path, { how });
  if (body === null) {
    const next = '`plimsoll operation list --state stuck` names what there is';
    throw new Complaint(`there is no operation ${id}`, next);
  }
  const { operation } = body;
  const line = `${id} is ${operation.state}; \`plimsoll operation watch ${id}\` follows it`;
  print(format === 'json' ? JSON.stringify(operation, null, 2) : line);
  return 0;
}
