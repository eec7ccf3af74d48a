/**
 * The desk for what gives a guest another disk: rebuild, rescue, unrescue.
 *
 *   rebuild   its row shows the new image at once, and the old one again if nothing comes of it
 *             another image: may its host run it? (the scheduler; nothing is claimed anew)
 */
import type { Draft } from '../ledger/draft.ts';
import type { Refit } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { mayStay } from '../scheduler/stay.ts';
import { driveOf } from '../servers/config-drive.ts';
import { tooManyItems } from '../servers/quota.ts';
import type { ServerRow } from '../servers/rows.ts';
import { freeOnHost } from './begin.ts';
import type { Asker, OperationRefusal, RefitWish } from './operations.ts';
import { type RefitInput, refits } from './refit-server.ts';
import { change } from './server.ts';
import type { World } from './world.ts';

interface Begin {
  readonly uuid: string;
  readonly run_id: string;
  readonly asker: Asker;
}

export function beginRefit(
  draft: Draft,
  world: World,
  { uuid, run_id, asker }: Begin,
  wish: RefitWish,
): Decision<ServerRow, OperationRefusal> {
  const found = freeOnHost(draft, uuid, wish.is, asker);
  if (found.is === 'no') return found;
  const server = found.value;
  const wanted = wish.is === 'rebuild' ? wish.about : {};
  const refusal = wish.is === 'rebuild' ? whyNot(draft, world, server, wish.about) : null;
  if (refusal !== null) return no(refusal);
  const { saga, task } = refits[wish.is];
  change(draft, uuid, { ...wanted, task_state: task, run_id });
  const input: RefitInput = {
    server_uuid: uuid,
    refit: refitOf(server, wish),
    before: whatWas(server, wanted),
  };
  world.begin(draft, saga.name, { ...input }, { server_uuid: uuid, run_id });
  return done({ ...server, ...wanted, task_state: task, run_id });
}

function whyNot(
  draft: Draft,
  { scheduler }: World,
  server: ServerRow & { readonly host: string },
  about: Partial<ServerRow>,
): OperationRefusal | null {
  const over = about.metadata === undefined ? [] : tooManyItems(draft, { ...server, ...about });
  if (over.length > 0) return { why: 'over-quota', over };
  if (about.image_id === server.image_id) return null;
  const anywhere = { ignore_hosts: [], only_hosts: null };
  const before = scheduler.askFor(draft, server, anywhere);
  const after = scheduler.askFor(draft, { ...server, ...about }, anywhere);
  if (after.is === 'no') return { why: 'unfit', message: after.why };
  const nodes = before.is === 'done' ? before.value.nodes : [];
  const stays = mayStay(draft, server.host, nodes, after.value);
  return stays.is === 'done' ? null : { why: 'unfit', message: stays.why };
}

/** What the row said of all that is changed now. */
const whatWas = (server: ServerRow, wanted: Partial<ServerRow>): Partial<ServerRow> =>
  Object.fromEntries(Object.keys(wanted).map((name) => [name, server[name as keyof ServerRow]]));

function refitOf(server: ServerRow, wish: RefitWish): Refit {
  const { vm_state, image_id } = server;
  switch (wish.is) {
    case 'rebuild': {
      const after = { ...server, ...wish.about };
      const drive = driveOf(after);
      const to = vm_state === 'stopped' ? 'off' : 'running';
      const { image_id, name } = after;
      return { is: 'rebuilt', image_id, name, to, ...(drive && { drive }) };
    }
    case 'rescue':
      return { is: 'rescued', image_id: wish.image_id ?? image_id };
    case 'unrescue':
      return { is: 'unrescued' };
  }
}
