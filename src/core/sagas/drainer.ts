/**
 * The drainer: brings every server away from hosts that operators want empty.
 *
 *   start: the host is closed, a row is written ─► look ─► begin moves, `moves_max` at once ─┐
 *                                                   ▲                                        │
 *                                                   └──── every LOOK_EVERY, until none ◄─────┘
 *
 *   DR1  all that it knows is in rows (servers/drains.ts): a process that dies is followed by one
 *        that goes on where it was; two at once begin nothing twice, since each move is an ordinary
 *        operation with its fence;
 *   DR2  what is cancelled begins nothing more, and what was begun goes on to its end;
 *   DR3  no server is left without a word: each is moved, on its way, or has its reason in the row,
 *        after TRIES_MAX moves that came to nothing: a request that is lost once is no reason;
 *   DR4  it is not over while an operation holds something there: of who comes, or has just left.
 *
 * Moves of servers that are off are confirmed by it: nobody is asked whether the old place may go.
 */
import { type Millis, millis } from '../base/units.ts';
import { isStuck, isUnderWay, type RunRow, runs } from '../conductor/rows.ts';
import { hosts } from '../fleet/rows.ts';
import { disableHost, enableHost, isUp } from '../fleet/status.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { type Decision, done, no, type Reply } from '../ports/reply.ts';
import {
  type DrainMove,
  type DrainRow,
  drains,
  type Leaving,
  type PlannedMove,
} from '../servers/drains.ts';
import { resizes } from '../servers/resizes.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import { leaversOf, planDrain, wayOf } from './drain-plan.ts';
import type { DrainRefusal, Drains, OperationRefusal, Operations } from './operations.ts';
import type { World } from './world.ts';

const LOOK_EVERY: Millis = millis(2_000);
/** How often a server's move is begun before it stays. */
const TRIES_MAX = 3;
/** How long after one that came to nothing; after the second twice as long. */
const AGAIN_AFTER_MS = 30_000;
const REASON = 'it is being drained';
const operator = { bound_by_locks: false };

export interface DrainerParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly world: World;
  readonly operations: Pick<
    Operations,
    'liveMigrate' | 'coldMigrate' | 'confirmResize' | 'shelveOffload'
  >;
}

export class Drainer implements Drains {
  readonly #parts: DrainerParts;
  #stopped = false;

  constructor(parts: DrainerParts) {
    this.#parts = parts;
  }

  plan(host: string): Promise<Reply<readonly PlannedMove[], DrainRefusal>> {
    const { ledger, world } = this.#parts;
    return ledger.submit((draft): Decision<readonly PlannedMove[], DrainRefusal> => {
      const found = upHost(draft, host);
      return found.is === 'no' ? found : done(planDrain(draft, world, host));
    });
  }

  /** Begins, or begins again: what could not be moved is tried once more. */
  start(host: string, moves_max: number): Promise<Reply<DrainRow, DrainRefusal>> {
    return this.#parts.ledger.submit((draft): Decision<DrainRow, DrainRefusal> => {
      const found = upHost(draft, host);
      if (found.is === 'no') return found;
      const before = draft.rows(drains).get(host);
      const running = before?.state === 'running';
      const row: DrainRow = {
        host,
        state: 'running',
        moves_max,
        was_enabled: running ? before.was_enabled : found.value.status === 'enabled',
        moves: running ? before.moves : {},
        started_at_ms: draft.now_ms,
        ended_at_ms: null,
      };
      disableHost(draft, host, REASON);
      draft.put(drains, row);
      return done(row);
    });
  }

  cancel(host: string): Promise<Reply<DrainRow, DrainRefusal>> {
    return this.#parts.ledger.submit((draft): Decision<DrainRow, DrainRefusal> => {
      const row = draft.rows(drains).get(host);
      if (row?.state !== 'running') return no({ why: 'not-draining', host });
      if (row.was_enabled) enableHost(draft, host);
      return done(end(draft, row, 'cancelled'));
    });
  }

  /** Carries on every drain, for as long as this process lives. */
  async watch(): Promise<void> {
    while (!this.#stopped) {
      await this.look();
      await this.#parts.clock.sleep(LOOK_EVERY);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Looks once at each drain. */
  async look(): Promise<void> {
    const running = await this.#parts.ledger.read((view) =>
      [...view.rows(drains).values()].filter(({ state }) => state === 'running'),
    );
    for (const { host } of running) {
      await this.#settle(host);
      const next = await this.#parts.ledger.read((view) => nextMoves(view, host));
      for (const move of next) if (!this.#stopped) await this.#begin(host, move);
    }
  }

  async #begin(host: string, { server, how, why }: Next): Promise<void> {
    const reply = why === null ? await this.#ask(server.uuid, how) : null;
    // What is lost or unavailable is looked at again: the server shows whether it began.
    if (reply !== null && reply.is !== 'done' && !isRefused(reply)) return;
    const run_id = reply?.is === 'done' ? reply.value.run_id : null;
    const told = reply?.is === 'no' ? wordsOf(reply.why) : why;
    await this.#note(host, server.uuid, { how, run_id, why: told });
  }

  #ask(
    uuid: string,
    how: Leaving | 'confirm',
  ): Promise<Reply<{ run_id: string }, OperationRefusal>> {
    const { operations } = this.#parts;
    if (how === 'confirm') return operations.confirmResize(uuid, operator);
    if (how === 'cold') return operations.coldMigrate(uuid, operator, null);
    if (how === 'offload') return operations.shelveOffload(uuid, operator);
    return operations.liveMigrate(uuid, operator, null);
  }

  async #note(host: string, uuid: string, move: DrainMove | { how: 'confirm' }): Promise<void> {
    if (move.how === 'confirm') return;
    await this.#parts.ledger.submit((draft) => {
      const row = draft.rows(drains).get(host);
      if (row?.state !== 'running') return no('it is not being drained any more');
      const tries = (row.moves[uuid]?.tries ?? 0) + 1;
      return done(
        draft.put(drains, { ...row, moves: { ...row.moves, [uuid]: { ...move, tries } } }),
      );
    });
  }

  /** Writes down which moves came to nothing, and that all is over. */
  async #settle(host: string): Promise<void> {
    await this.#parts.ledger.submit((draft) => {
      const row = draft.rows(drains).get(host);
      if (row?.state !== 'running') return no('it is not being drained any more');
      const moves = Object.entries(row.moves).map(([uuid, move]) => {
        return [uuid, judged(draft, host, uuid, move)] as const;
      });
      const changed = moves.some(([uuid, move]) => row.moves[uuid] !== move);
      const next = changed ? { ...row, moves: Object.fromEntries(moves) } : row;
      if (changed) draft.put(drains, next);
      const left = leaversOf(draft, host);
      const waits = left.some(({ uuid }) => (next.moves[uuid]?.why ?? null) === null);
      if (waits || unconfirmed(draft, next).length > 0 || isPassedThrough(draft, host)) {
        return done(undefined);
      }
      end(draft, next, left.length === 0 ? 'done' : 'incomplete');
      return done(undefined);
    });
  }
}

interface Next {
  readonly server: ServerRow;
  readonly how: Exclude<Leaving, 'stays'> | 'stays' | 'confirm';
  readonly why: string | null;
}

/** What to begin now: no more at once than allowed, and nothing twice. */
function nextMoves(view: View, host: string): readonly Next[] {
  const row = view.rows(drains).get(host);
  if (row?.state !== 'running') return [];
  const confirm = unconfirmed(view, row)
    .filter(({ run_id }) => run_id === null)
    .map((server): Next => ({ server, how: 'confirm', why: null }));
  const left = leaversOf(view, host);
  const busy = left.filter(({ run_id }) => run_id !== null).length;
  const idle = left
    .filter(({ uuid, run_id }) => run_id === null && isToBegin(row.moves[uuid]))
    .map((server): Next => {
      const [how, why] = wayOf(view, server);
      return { server, how, why };
    });
  const stay = idle.filter(({ why }) => why !== null);
  const go = idle.filter(({ why }) => why === null);
  return [...confirm, ...stay, ...go.slice(0, Math.max(0, row.moves_max - busy))];
}

const isToBegin = (move: DrainMove | undefined): boolean =>
  move === undefined || (move.run_id === null && move.why === null);

/** Servers that this drain has moved while they were off, and whose old place is held still. */
function unconfirmed(view: View, { host, moves }: DrainRow): ServerRow[] {
  const ours = view
    .rows(resizes)
    .by('source', host)
    .filter(({ server_uuid, run_id }) => moves[server_uuid]?.run_id === run_id);
  return ours
    .flatMap(({ server_uuid }) => view.rows(servers).get(server_uuid) ?? [])
    .filter(({ vm_state }) => vm_state === 'resized');
}

/**
 * Somebody is on the way here, claimed before it was closed; or has moved away, and an operation
 * has still to clear the place. Neither is a server of this host, and both will end.
 */
function isPassedThrough(view: View, host: string): boolean {
  const { books } = view;
  const root = view.rows(hosts).get(host)?.provider_id;
  const tree = root === undefined ? [] : books.treeOf(root);
  const holders = new Set(tree.flatMap((id) => [...(books.holders[id] ?? [])]));
  return [...holders].some((uuid) => {
    const server = view.rows(servers).get(uuid);
    const run = view.rows(runs).get(server?.run_id ?? uuid);
    return server?.host !== host && run !== undefined && isUnderWay(run);
  });
}

/** A move whose run has ended, and the server is there still: it came to nothing. */
function judged(draft: Draft, host: string, uuid: string, move: DrainMove): DrainMove {
  if (move.why !== null || move.run_id === null) return move;
  const server = draft.rows(servers).get(uuid);
  const run = draft.rows(runs).get(move.run_id);
  if (server?.host !== host || (run !== undefined && isUnderWay(run))) return move;
  const why = run?.error?.message ?? outcome(run);
  if (run !== undefined && isStuck(run)) return { ...move, why: `its move is stuck: ${why}` };
  const { tries = 1 } = move;
  if (tries >= TRIES_MAX) return { ...move, why };
  // A clock that was put back meanwhile says nothing: then it is not waited for.
  const since_ms = draft.now_ms - (run?.ended_at_ms ?? 0);
  const soon = since_ms >= 0 && since_ms < tries * AGAIN_AFTER_MS;
  return soon ? move : { ...move, run_id: null };
}

const outcome = (run: RunRow | undefined): string =>
  run === undefined ? 'its move is forgotten' : `its move is ${run.state}`;

function end(draft: Draft, row: DrainRow, state: DrainRow['state']): DrainRow {
  const over = { ...row, state, ended_at_ms: draft.now_ms };
  draft.put(drains, over);
  return over;
}

function upHost(view: View, host: string) {
  const row = view.rows(hosts).get(host);
  if (row === undefined) return no({ why: 'unknown-host' as const, host });
  return isUp(row) ? done(row) : no({ why: 'host-down' as const, host });
}

type Asked = Reply<{ run_id: string }, OperationRefusal>;

/** It will not be otherwise a moment later, as far as the server's own state goes. */
const isRefused = (reply: Asked): boolean =>
  reply.is === 'no' && reply.why.why !== 'unavailable' && reply.why.why !== 'wrong-state';

const wordsOf = (why: OperationRefusal): string => ('message' in why ? why.message : why.why);
