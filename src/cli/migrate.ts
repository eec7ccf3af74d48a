/** `migrate SERVER`: moves it to another host while it runs, and follows that to its end. */
import type { Static } from 'typebox';
import type { OperationBrief } from '../core/api/plimsoll/schemas.ts';
import type { AtDeadline } from '../core/ports/order.ts';
import { Complaint } from './complaint.ts';
import { uuidOf } from './server-named.ts';
import type { Session } from './session.ts';
import { watchOperation } from './watch.ts';

export interface MigrateAsked {
  readonly host?: string;
  readonly deadline?: number;
  readonly atDeadline?: AtDeadline;
}

export async function migrate(session: Session, what: string, asked: MigrateAsked) {
  const { client } = session;
  const { host, deadline, atDeadline } = asked;
  const body = {
    ...(host !== undefined && { host }),
    ...(deadline !== undefined && { deadline_s: deadline }),
    ...(atDeadline !== undefined && { at_deadline: atDeadline }),
  };
  const path = `/servers/${await uuidOf(client, what)}/migrate`;
  const begun = await client.post<{ operation: Static<typeof OperationBrief> }>(path, body);
  if (begun === null) {
    throw new Complaint(`there is no server '${what}'`, '`plimsoll server list` names them');
  }
  return watchOperation(session, begun.operation.id);
}
