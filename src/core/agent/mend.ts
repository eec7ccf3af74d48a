/**
 * The audit's repairs in the books, each in one ledger request that looks again before it changes
 * anything; and taking them back.
 *
 *   MD1  what has changed since the picture was taken is left alone: a server's row must be the
 *        very one that was seen, an ended run must still have ended;
 *   MD2  whatever a repair changes of the books is in its `undo`, and is put back by the same claim
 *        that anybody would need: what another holds by now stays theirs.
 */
import type { ClaimRefusal } from '../ledger/claim.ts';
import { type Claim, claimAll } from '../ledger/claim.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { GuestReport } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { ServerPart, Undo } from '../servers/findings.ts';
import { after } from '../servers/lifecycle.ts';
import { resizes } from '../servers/resizes.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import { ownerOf } from './picture.ts';
import { held, type NeedsOf, partsApart, takenBy } from './taken.ts';

export type Mended = Decision<readonly Undo[], string>;

const CHANGED = 'it has changed meanwhile: the next audit looks again';

const stands = (draft: Draft, seen: ServerRow | undefined): seen is ServerRow =>
  seen !== undefined && draft.rows(servers).get(seen.uuid) === seen;

/** Writes down that it is stopped. */
export function noteStopped(draft: Draft, seen: ServerRow | undefined): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  const move = seen.vm_state === 'resized' ? draft.rows(resizes).get(seen.uuid) : undefined;
  if (move !== undefined) {
    draft.put(resizes, { ...move, was: 'stopped' });
    draft.put(servers, { ...seen, updated_at_ms: draft.now_ms });
    return done([]);
  }
  return done([restate(draft, seen, { vm_state: after(seen.vm_state, 'stopped') })]);
}

/** Its guest is gone: only its owner can say what is to become of it. */
export function fail(draft: Draft, seen: ServerRow | undefined): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  const message = `Its guest is on ${seen.host} no more, nor anywhere else.`;
  const fault = { code: 500, message, created_at_ms: draft.now_ms, explanation_id: null };
  return done([restate(draft, { ...seen, fault }, { vm_state: after(seen.vm_state, 'failed') })]);
}

/** Nothing is left of its move; a guest that does not run is seen next time. */
export function settleMove(draft: Draft, seen: ServerRow | undefined): Mended {
  return stands(draft, seen) ? done([restate(draft, seen, { vm_state: 'active' })]) : no(CHANGED);
}

/** No operation owns it. */
export function unfence(draft: Draft, seen: ServerRow | undefined): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  draft.put(servers, { ...seen, run_id: null, task_state: null, updated_at_ms: draft.now_ms });
  return done([]);
}

/** Frees what a run that has ended, or nobody at all, still holds. */
export function free(draft: Draft, consumer_uuid: string, of: ReturnType<typeof ownerOf>): Mended {
  const before = held(draft.books, consumer_uuid);
  if (before === null || ownerOf(draft, consumer_uuid) !== of) return no(CHANGED);
  return reclaim(draft, { ...before, ...NOTHING });
}

/** Frees what a server holds below the host that it is not on. */
export function freeThere(draft: Draft, seen: ServerRow | undefined, root: number): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  const all = held(draft.books, seen.uuid);
  if (all === null) return no(CHANGED);
  const tree = draft.books.treeOf(root);
  const stays = ({ provider_id }: { readonly provider_id: number }) => !tree.includes(provider_id);
  return reclaim(draft, {
    ...all,
    amounts: all.amounts.filter(stays),
    cells: (all.cells ?? []).filter(stays),
    pins: (all.pins ?? []).filter(stays),
    pages: (all.pages ?? []).filter(stays),
    devices: (all.devices ?? []).filter(stays),
    slots: (all.slots ?? []).filter(stays),
  });
}

export interface Here {
  readonly host: string;
  readonly root: number;
  readonly guest: GuestReport;
  readonly needsOf: NeedsOf;
}

/** The server holds exactly what its guest takes here. */
export function holdTaken(draft: Draft, seen: ServerRow | undefined, here: Here): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  const taken = takenBy(draft, seen, here.root, here.guest, here.needsOf(draft, seen));
  return taken.is === 'no' ? taken : reclaim(draft, taken.value);
}

/** The server is where its guest is, and holds there what that takes. */
export function adopt(draft: Draft, seen: ServerRow | undefined, here: Here): Mended {
  if (!stands(draft, seen)) return no(CHANGED);
  const moved = { ...seen, host: here.host };
  const taken = takenBy(draft, moved, here.root, here.guest, here.needsOf(draft, moved));
  if (taken.is === 'no') return taken;
  const claimed = reclaim(draft, taken.value);
  if (claimed.is === 'no') return claimed;
  return done([...claimed.value, restate(draft, seen, { host: here.host })]);
}

const NOTHING = { amounts: [], cells: [], pins: [], pages: [], devices: [], slots: [] };

function restate(draft: Draft, seen: ServerRow, about: Partial<ServerPart>): Undo {
  const { uuid, host, vm_state } = seen;
  const before = { host, vm_state };
  draft.put(servers, { ...seen, ...about, updated_at_ms: draft.now_ms });
  return { is: 'server', uuid, before, after: { ...before, ...about } };
}

function reclaim(draft: Draft, claim: Claim): Mended {
  const { consumer_uuid } = claim;
  const before = held(draft.books, consumer_uuid);
  const claimed = draft.as('audit', () => claimAll(draft, [claim]));
  if (claimed.is === 'no') return no(words(claimed.why));
  return done([{ is: 'hold', consumer_uuid, before, after: held(draft.books, consumer_uuid) }]);
}

function words(why: ClaimRefusal): string {
  const holder = 'holder' in why && why.holder !== null ? ` (${why.holder} has it)` : '';
  return `what its guest takes cannot be held: ${why.why}${holder}`;
}

// ── taking back ────────────────────────────────────────────────────────────────────────────────

/** All of it, or nothing. */
export function putBack(draft: Draft, undo: readonly Undo[]): Decision<void, string> {
  for (const one of undo.toReversed()) {
    const back = one.is === 'server' ? serverBack(draft, one) : holdBack(draft, one);
    if (back.is === 'no') return back;
  }
  return done(undefined);
}

function serverBack(
  draft: Draft,
  { uuid, before, after: is }: Extract<Undo, { is: 'server' }>,
): Decision<void, string> {
  const row = draft.rows(servers).get(uuid);
  if (row === undefined) return no(`server ${uuid} is gone`);
  if (isBusy(draft, uuid)) return no(`an operation owns server ${uuid}`);
  if (row.host !== is.host || row.vm_state !== is.vm_state) return no(`server ${uuid} has changed`);
  draft.put(servers, { ...row, ...before, updated_at_ms: draft.now_ms });
  return done(undefined);
}

function holdBack(
  draft: Draft,
  { consumer_uuid, before, after: is }: Extract<Undo, { is: 'hold' }>,
): Decision<void, string> {
  if (isBusy(draft, consumer_uuid)) return no(`an operation owns ${consumer_uuid}`);
  const now = held(draft.books, consumer_uuid);
  if (partsApart(now, is).length > 0) return no(`what ${consumer_uuid} holds has changed`);
  const claim = before ?? (now === null ? null : { ...now, ...NOTHING });
  if (claim === null) return done(undefined);
  const claimed = claimAll(draft, [claim]);
  return claimed.is === 'no' ? no(words(claimed.why)) : done(undefined);
}

const isBusy = (view: View, uuid: string): boolean =>
  (view.rows(servers).get(uuid)?.run_id ?? null) !== null;
