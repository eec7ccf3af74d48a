/** POST /servers/{uuid}/migrate: moves it live, with a deadline and what is done then. */
import { Type } from 'typebox';
import { runs } from '../../conductor/rows.ts';
import type { Unavailable } from '../../ledger/ledger.ts';
import { DEADLINE_S_MAX } from '../../ports/order.ts';
import type { OperationRefusal } from '../../sagas/operations.ts';
import { strict } from '../body.ts';
import { type Answered, found, missing, own, refused, written } from './route.ts';
import { OperationBrief } from './schemas.ts';
import { AtDeadline } from './transfers.ts';
import { briefOf } from './views.ts';

const SECOND_MS = 1000;

export const startMigration = own({
  method: 'POST',
  path: '/servers/:uuid/migrate',
  summary: 'Moves a server to another host while it runs',
  audience: 'operator',
  query: Type.Object({}),
  body: strict({
    host: Type.Optional(Type.String({ description: 'left out: the scheduler chooses' })),
    deadline_s: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: DEADLINE_S_MAX,
        description: 'how long the transfer may take; left out: by its size, as is usual here',
      }),
    ),
    at_deadline: Type.Optional(AtDeadline),
  }),
  reply: Type.Object({ operation: OperationBrief }),
  refusals: {
    400: 'no host can take it, or it cannot be moved',
    409: 'its state does not allow it, or it is locked',
  },
  handle: async ({ params: { uuid = '' }, body }, { operations, ledger }) => {
    const { host = null, deadline_s, at_deadline } = body;
    const deadline = {
      ...(deadline_s !== undefined && { after_ms: deadline_s * SECOND_MS }),
      ...(at_deadline && { action: at_deadline }),
    };
    const reply = await operations.liveMigrate(uuid, operator, host, deadline);
    const id = reply.is === 'done' ? reply.value.run_id : '';
    const run = await ledger.read((view) => view.rows(runs).get(id));
    const show = () =>
      run === undefined ? missing(`operation ${id}`) : found({ operation: briefOf(run) });
    return written(reply, show, (why) => refusal(why, uuid, 'cannot be moved now'));
  },
});

/** Locks bind everybody else. */
const operator = { bound_by_locks: false };

/** In our own API's words; `what` is what any other refusal comes to. */
export function refusal(
  why: Exclude<OperationRefusal, Unavailable>,
  uuid: string,
  what: string,
): Answered {
  switch (why.why) {
    case 'unknown-server':
      return missing(`server ${uuid}`);
    case 'unknown-host':
      return refused(400, why.why, `there is no host ${why.host}`);
    case 'unfit':
    case 'no-valid-host':
      return refused(400, why.why, why.message);
    case 'wrong-state':
    case 'unheld':
      return refused(409, why.why, why.message);
    default:
      return refused(409, why.why, `${uuid} ${what}`);
  }
}
