/**
 * Gives a server's guest another disk where it is: rebuild, rescue, unrescue. One saga each, all of
 * one shape:
 *
 *   + begin    notes where the guest is, and that it is seen to         - as it was: image, name …
 *   ▲ refit    the host makes the new disk ready, then starts from it   settle: conclude the refit
 *     settled  the server's row says so; the fence is lifted
 *
 * Nothing is claimed or let go: whatever becomes of it, the server holds what it held. The desk has
 * asked the scheduler already whether the host may run the new image.
 *
 * The pivot is `refit`. What it needs it makes ready beside the old disk, so a host that cannot (no
 * such image, no room) has changed nothing: the server is what it was, and runs. Only a guest that
 * was touched has the step's key; so when the reply is lost, `conclude` tells on which side we are.
 * A guest that then does not come up has crashed, and is started again as any other is.
 *
 * Races. As with power (power-server.ts): one run holds the fence; a delete before `refit` turns
 * back, from there on it waits until the refit is known to be done or not. On a host that is down
 * it waits, visibly; only a delete does not wait for that.
 */
import { present } from '../base/units.ts';
import { errand } from '../conductor/errand.ts';
import { type Saga, saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Refit } from '../ports/order.ts';
import { done } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import type { ServerRow, TaskState } from '../servers/rows.ts';
import { rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

export interface RefitInput {
  readonly server_uuid: string;
  readonly refit: Refit;
  /** What the row said of that which was changed when it was asked for. */
  readonly before: Partial<ServerRow>;
}

const refitted = 'refitted';

const refitSaga = (name: string, begun: TaskState): Saga<World> =>
  saga<RefitInput, World>(name)
    .book('begin', {
      do: ({ input }, draft) => {
        task(draft, input.server_uuid, begun);
        const { host } = serverOf(draft, input.server_uuid);
        return done({ host: present(host, 'a host') });
      },
      undo: ({ input }, draft) => {
        rest(draft, input.server_uuid, input.before);
        return done(undefined);
      },
    })
    .pivot('refit', {
      do: ({ input, begin }) =>
        errand(begin.host, 'refit', { uuid: input.server_uuid, refit: input.refit }),
      made: () => refitted,
      settle: ({ input, begin, run }) =>
        errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('refit') }),
      settled: ({ acted }) => (acted ? refitted : null),
    })
    .book('settled', {
      do: ({ input }, draft) => {
        rest(draft, input.server_uuid, outcomeOf(draft, input));
        return null;
      },
    })
    .end();

/** What its owner sees once it is done. A rebuilt server has begun anew. */
function outcomeOf(draft: Draft, { server_uuid, refit }: RefitInput): Partial<ServerRow> {
  const { vm_state } = serverOf(draft, server_uuid);
  if (refit.is !== 'rebuilt') return { vm_state: after(vm_state, refit.is), fault: null };
  const event = refit.to === 'off' ? 'stopped' : 'started';
  return { vm_state: after(vm_state, event), launched_at_ms: draft.now_ms, fault: null };
}

// biome-ignore format: a table
export const refits = {
  rebuild:  { saga: refitSaga('rebuild-server',  'rebuild_spawning'), task: 'rebuilding' },
  rescue:   { saga: refitSaga('rescue-server',   'rescuing'),         task: 'rescuing' },
  unrescue: { saga: refitSaga('unrescue-server', 'unrescuing'),       task: 'unrescuing' },
} as const satisfies Readonly<Record<string, { readonly saga: Saga<World>; readonly task: TaskState }>>;

export const refitSagas: readonly Saga<World>[] = Object.values(refits).map(({ saga }) => saga);
