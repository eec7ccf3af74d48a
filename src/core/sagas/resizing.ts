/**
 * What users ask of moves that stop a server, decided in one ledger request each: the lock, the
 * state, the quota, where it may go; and then the run.
 *
 *   resize, migrate           the row of `resizes` is written, with which the larger flavor counts
 *   confirm, revert           the row is there, and its move has ended
 */

import { hosts } from '../fleet/rows.ts';
import { isUp } from '../fleet/status.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { type Particulars, withSaid } from '../servers/particulars.ts';
import { roomToGrow } from '../servers/quota.ts';
import { type ResizeRow, resizes } from '../servers/resizes.ts';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';
import { freeOnHost } from './begin.ts';
import { unheld } from './movable.ts';
import type { OperationRefusal } from './operations.ts';
import { whyNowhere } from './place.ts';
import { change } from './server.ts';
import type { Wanted } from './shelving.ts';
import type { World } from './world.ts';

/** How long a guest may take to shut down before it is forced to. */
export const SHUTDOWN_MS = 60_000;
/** The trait of a host on which a server may be migrated to where it is. */
const SAME_HOST = 'COMPUTE_SAME_HOST_COLD_MIGRATE';

/** Another flavor, or another host. */
export type MoveReason = 'resize' | 'migrate';
const sagaOf = { resize: 'resize-server', migrate: 'cold-migrate' } as const;

/** What the runs about a move that has ended are told of it. */
export interface MovedInput {
  readonly server_uuid: string;
  /** The run that made the move. */
  readonly migration: string;
  readonly source: string;
  readonly parked: string;
}

type Begun = Decision<{ readonly run_id: string }, OperationRefusal>;

/** What finds no host keeps its explanation, so that the request itself is done. */
type Kept = Decision<Begun, OperationRefusal>;

export function beginResize(
  draft: Draft,
  world: World,
  wanted: Wanted,
  flavor: FlavorRow,
  said: Partial<Particulars>,
): Kept {
  const found = movable(draft, wanted, 'resize');
  if (found.is === 'no') return found;
  const server = found.value;
  const why = misfit(server, flavor);
  if (why !== null) return no({ why: 'unfit', message: why });
  const over = roomToGrow(draft, server, flavor);
  if (over !== null) return no(over);
  const begun = begin(draft, world, wanted, server, { why: 'resize', flavor, host: null });
  if (begun.is === 'done' && begun.value.is === 'done' && Object.keys(said).length > 0) {
    change(draft, server.uuid, { particulars: withSaid(server, said) });
  }
  return begun;
}

export function beginColdMigrate(
  draft: Draft,
  world: World,
  wanted: Wanted,
  host: string | null,
): Kept {
  const found = movable(draft, wanted, 'migrate');
  if (found.is === 'no') return found;
  const server = found.value;
  if (host !== null && !draft.rows(hosts).has(host)) return no({ why: 'unknown-host', host });
  if (host !== null && hostsToLeave(draft, world, 'migrate', server.host).includes(host)) {
    return no({ why: 'unfit', message: `${server.uuid} is on ${host} already.` });
  }
  const { flavor } = server;
  return begin(draft, world, wanted, server, { why: 'migrate', flavor, host });
}

export function beginConfirm(draft: Draft, world: World, wanted: Wanted): Begun {
  const found = moved(draft, wanted, 'confirm-resize');
  if (found.is === 'no') return found;
  return end(draft, world, wanted, found.value, 'confirm-resize');
}

export function beginRevert(draft: Draft, world: World, wanted: Wanted): Begun {
  const found = moved(draft, wanted, 'revert-resize');
  if (found.is === 'no') return found;
  const { source } = found.value;
  const row = draft.rows(hosts).get(source);
  if (row === undefined || !isUp(row)) {
    return no(refused(wanted.uuid, 'down', `its source ${source} is down`));
  }
  change(draft, wanted.uuid, { task_state: 'resize_reverting' });
  return end(draft, world, wanted, found.value, 'revert-resize');
}

/** Hosts that are out of question because the server is there. */
export function hostsToLeave(
  draft: Draft,
  { resize_to_same_host }: World,
  why: MoveReason,
  source: string,
): readonly string[] {
  if (why === 'resize') return resize_to_same_host ? [] : [source];
  const { books } = draft;
  const provider = books.providerNamed(source)?.id;
  const trait = books.traitByName.get(SAME_HOST)?.id;
  const may = provider !== undefined && trait !== undefined && books.hasTrait(provider, trait);
  return may ? [] : [source];
}

/** What the server is again when its move is over. */
export function whatItWas(draft: Draft, { uuid, vm_state }: ServerRow): Partial<ServerRow> {
  const was = draft.rows(resizes).get(uuid)?.was ?? 'active';
  return { vm_state: after(vm_state, was === 'active' ? 'started' : 'stopped') };
}

interface Move {
  readonly why: MoveReason;
  readonly flavor: FlavorRow;
  readonly host: string | null;
}

function begin(
  draft: Draft,
  world: World,
  { uuid, run_id }: Wanted,
  server: OnHost,
  { why, flavor, host }: Move,
): Kept {
  const bounds = {
    ignore_hosts: hostsToLeave(draft, world, why, server.host),
    only_hosts: host === null ? null : [host],
  };
  const refusal = whyNowhere(draft, world, { ...server, flavor }, bounds);
  if (refusal !== null) return done(no(refusal));
  draft.put(resizes, {
    server_uuid: uuid,
    run_id,
    source: server.host,
    was: server.vm_state === 'active' ? 'active' : 'stopped',
    flavor_before: server.flavor,
    flavor_after: flavor,
    hold: null,
    parked: null,
    confirm_at_ms: null,
  });
  change(draft, uuid, { task_state: 'resize_prep', run_id });
  const input = { server_uuid: uuid, why, host };
  world.begin(draft, sagaOf[why], input, { server_uuid: uuid, run_id });
  return done(done({ run_id }));
}

type Landed = ResizeRow & { readonly parked: string };

function end(
  draft: Draft,
  world: World,
  { uuid, run_id }: Wanted,
  { run_id: migration, source, parked }: Landed,
  saga: 'confirm-resize' | 'revert-resize',
): Begun {
  change(draft, uuid, { run_id });
  const input = { server_uuid: uuid, migration, source, parked };
  world.begin(draft, saga, input, { server_uuid: uuid, run_id });
  return done({ run_id });
}

type OnHost = ServerRow & { readonly host: string };

/** The server, on a host that is up: what it holds there must be let go of in order. */
function movable(
  draft: Draft,
  { uuid, asker }: Wanted,
  action: 'resize' | 'migrate',
): Decision<OnHost, OperationRefusal> {
  const found = freeOnHost(draft, uuid, action, asker);
  if (found.is === 'no') return found;
  const { host } = found.value;
  const row = draft.rows(hosts).get(host);
  const bare = unheld(draft, found.value);
  if (bare !== null) return no(bare);
  if (row !== undefined && isUp(row)) return found;
  return no(refused(uuid, 'down', `its host ${host} is down`));
}

function moved(
  draft: Draft,
  { uuid, asker }: Wanted,
  action: 'confirm-resize' | 'revert-resize',
): Decision<Landed, OperationRefusal> {
  const found = freeOnHost(draft, uuid, action, asker);
  if (found.is === 'no') return found;
  const row = draft.rows(resizes).get(uuid);
  const parked = row?.parked ?? null;
  if (row === undefined || parked === null) {
    return no(refused(uuid, 'not resized', 'it has not been resized'));
  }
  return done({ ...row, parked });
}

const refused = (uuid: string, state: string, why: string): OperationRefusal => ({
  why: 'wrong-state',
  state,
  message: `Instance ${uuid}: ${why}.`,
});

/** Why it cannot have the flavor, whichever the host. A disk is never cut. */
function misfit({ flavor: old, image_id }: ServerRow, flavor: FlavorRow): string | null {
  if (flavor.id === old.id) return 'When resizing, instances must change flavor!';
  if (image_id !== null && flavor.disk_gib === 0 && old.disk_gib > 0) {
    return 'Resize to zero disk flavor is not allowed.';
  }
  if (flavor.disk_gib < old.disk_gib) {
    return `Resize to a smaller disk is not allowed: ${old.disk_gib} GB now, ${flavor.disk_gib} asked for.`;
  }
  if (flavor.ephemeral_gib < old.ephemeral_gib) {
    return 'Resize to a smaller ephemeral disk is not allowed.';
  }
  return null;
}
