/**
 * What users ask of running guests, decided in one ledger request each: the lock, the state, for a
 * live migration where it may go; and then the run.
 *
 *   a hard reboot    also of one that is being rebooted, paused, resumed …: that comes to its end
 *                    first, and a second hard reboot joins the one that waits
 */
import { ended, runs } from '../conductor/rows.ts';
import { hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Deadline } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { PowerChange } from '../servers/lifecycle.ts';
import { free, freeOnHost } from './begin.ts';
import { deadlineOf } from './deadlines.ts';
import { liveMigrate } from './live-migrate.ts';
import { immovable, unheld } from './movable.ts';
import type { OperationRefusal } from './operations.ts';
import { whyNowhere } from './place.ts';
import { powers } from './power-server.ts';
import { change, HARD_REBOOT } from './server.ts';
import type { Wanted } from './shelving.ts';
import type { World } from './world.ts';

type Begun = Decision<{ readonly run_id: string }, OperationRefusal>;

export function beginSwitch(
  draft: Draft,
  world: World,
  { uuid, run_id, asker }: Wanted,
  to: PowerChange,
): Begun {
  const server = freeOnHost(draft, uuid, to, asker);
  if (server.is === 'no') return server;
  const { saga, task } = powers[to];
  const open = draft
    .rows(runs)
    .by('server_uuid', uuid)
    .filter((run) => !ended(run));
  const first = open.find((run) => run.saga === HARD_REBOOT && saga.name === HARD_REBOOT);
  if (first !== undefined) return done({ run_id: first.id });
  // Who is at work keeps the fence until it has ended, and hands it over then.
  if (server.value.run_id === null) change(draft, uuid, { task_state: task, run_id });
  world.begin(draft, saga.name, { server_uuid: uuid }, { server_uuid: uuid, run_id });
  return done({ run_id });
}

/** What finds no host keeps its explanation, so that the request itself is done. */
export function beginLiveMigrate(
  draft: Draft,
  world: World,
  { uuid, run_id, asker }: Wanted,
  host: string | null,
  wish: Partial<Deadline>,
): Decision<Begun, OperationRefusal> {
  const found = free(draft, uuid, 'live-migrate', asker);
  if (found.is === 'no') return found;
  const server = found.value;
  if (host !== null && !draft.rows(hosts).has(host)) return no({ why: 'unknown-host', host });
  const bare = unheld(draft, server);
  if (bare !== null) return no(bare);
  const stays = immovable(draft, uuid);
  if (stays !== null) return no({ why: 'unfit', message: stays });
  const refusal = whyNowhere(draft, world, server, {
    ignore_hosts: server.host === null ? [] : [server.host],
    only_hosts: host === null ? null : [host],
    live: true,
  });
  if (refusal !== null) return done(no(refusal));
  change(draft, uuid, { task_state: 'migrating', run_id });
  const deadline = deadlineOf(world.live_migration, server.flavor, wish);
  const input = { server_uuid: uuid, host, ...deadline };
  world.begin(draft, liveMigrate.name, input, { server_uuid: uuid, run_id });
  return done(done({ run_id }));
}
