/**
 * Decides about many servers at once: as many as fit are made, or none.
 *
 *   quota ─► one after the other: row, run, place claimed ─► at least `least`? ─► made
 *            the first that fits nowhere ends it              └─► all taken back, with the reason
 *
 * Each sees what those before it took, so no two are promised the same room, and a group's rule
 * holds among them. All of it is one ledger request: nobody ever sees half of them.
 *
 *   M1  fewer than `least` fit: no row, no run, no hold, no slot and no quota is left of any;
 *   M2  at least so many: as many as asking for one after the other would have placed, or more; all
 *       of them have a place, and none fails for want of room.
 *
 * Those that may wait are made all the same: who has no place yet waits for one by itself, like a
 * request of one server (create-server.ts).
 *
 * A group whose rule is `affinity` goes where its first member goes, so the first place decides how
 * many there can be. When they are too many for it the next best place is tried, up to
 * FIRST_PLACES_MAX of them, and the one with room for most is taken.
 */
import { present } from '../base/units.ts';
import type { Fault, RunRow } from '../conductor/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Explanation, Repair } from '../scheduler/ask.ts';
import { explanations, storeExplanation } from '../scheduler/rows.ts';
import { admitted } from '../servers/quota.ts';
import { reservationFor, type ServerRow, servers } from '../servers/rows.ts';
import type { CreateAsk, OperationRefusal } from './operations.ts';

/** All are looked at while the whole ledger waits, so they are few. */
const FIRST_PLACES_MAX = 32;

export interface DrawnAsk {
  readonly ask: CreateAsk;
  readonly uuid: string;
  readonly run_id: string;
}

/** Writes the server's row and its run, and takes the run as far as its place. */
type Begin = (drawn: DrawnAsk, reservation_id: string) => Begun;
interface Begun {
  readonly server: ServerRow;
  readonly run: RunRow;
}

interface Refusal {
  readonly fault: Fault;
  readonly explanation: Explanation | null;
}

interface Attempt {
  readonly begun: readonly Begun[];
  /** Hosts that none of them may go to. */
  readonly passed: readonly string[];
  /** Why there are not more; null: there are as many as were asked for. */
  readonly refusal: Refusal | null;
}

/** A refusal keeps its explanation, so that the request itself is done. */
export function createTogether(
  draft: Draft,
  drawn: readonly DrawnAsk[],
  least: number,
  begin: Begin,
): Decision<Decision<ServerRow[], OperationRefusal>, OperationRefusal> {
  const count = admitted(
    draft,
    drawn.map(({ ask }) => ask),
    least,
  );
  if (count.is === 'no') return count;
  const mark = draft.mark;
  const { begun, refusal } = asManyAsFit(draft, drawn.slice(0, count.value), begin);
  if (refusal === null || begun.length >= least) {
    return done(done(begun.map(({ server }) => server)));
  }
  draft.rollback(mark);
  return done(no(keep(draft, drawn, begun.length, refusal)));
}

/** Leaves in the draft what is made. */
function asManyAsFit(draft: Draft, drawn: readonly DrawnAsk[], begin: Begin): Attempt {
  const mark = draft.mark;
  let best = attempt(draft, drawn, [], begin);
  let last = best;
  const places = keptTogether(draft, drawn) ? FIRST_PLACES_MAX : 1;
  while (last.refusal !== null && last.begun.length > 0 && last.passed.length + 1 < places) {
    draft.rollback(mark);
    last = attempt(draft, drawn, [...last.passed, last.begun[0]?.server.host ?? ''], begin);
    if (last.begun.length > best.begun.length) best = last;
  }
  if (best === last && best.begun.length !== 1) return best;
  draft.rollback(mark);
  const { begun } = attempt(draft, drawn.slice(0, best.begun.length), best.passed, begin);
  return { ...best, begun };
}

/** One after the other, none of them on the hosts that are passed over, until one fits nowhere. */
function attempt(
  draft: Draft,
  drawn: readonly DrawnAsk[],
  passed: readonly string[],
  begin: Begin,
): Attempt {
  const begun: Begun[] = [];
  const named = numbered(drawn);
  const reservation_id = reservationFor(present(drawn[0], 'somebody asks').uuid);
  for (const one of named) {
    const mark = draft.mark;
    const { server, run } = begin(passing(one, passed), reservation_id);
    if (run.state !== 'running') {
      const refusal = refusalOf(draft, run);
      draft.rollback(mark);
      return { begun, passed, refusal };
    }
    begun.push({ server: draft.rows(servers).get(server.uuid) ?? server, run });
  }
  return { begun, passed, refusal: null };
}

/** e.g. one: 'web'; three: 'web-1', 'web-2', 'web-3' */
const numbered = (drawn: readonly DrawnAsk[]): readonly DrawnAsk[] =>
  drawn.length === 1
    ? drawn
    : drawn.map((one, at) => ({ ...one, ask: { ...one.ask, name: `${one.ask.name}-${at + 1}` } }));

function passing({ ask, ...drawn }: DrawnAsk, passed: readonly string[]): DrawnAsk {
  if (passed.length === 0) return { ...drawn, ask };
  const { only_hosts = null, ignore_hosts = [] } = ask.bounds ?? {};
  const bounds = { only_hosts, ignore_hosts: [...ignore_hosts, ...passed] };
  return { ...drawn, ask: { ...ask, bounds } };
}

function keptTogether({ books }: Draft, [first]: readonly DrawnAsk[]): boolean {
  const group = first?.ask.group_uuid ?? null;
  return group !== null && books.slotGroups.get(group)?.policy === 'affinity';
}

function refusalOf(draft: Draft, { error }: RunRow): Refusal {
  const fault = present(error, 'a run that found no place says why');
  const id = fault.explanation_id;
  return { fault, explanation: id === null ? null : (draft.rows(explanations).get(id) ?? null) };
}

/** Repairs that would free what only this request itself had taken are none. */
function keep(
  draft: Draft,
  drawn: readonly DrawnAsk[],
  fitting: number,
  { fault, explanation }: Refusal,
): OperationRefusal {
  const own = new Set(drawn.map(({ uuid }) => uuid));
  const foreign = (repair: Repair) =>
    repair.kind !== 'free' || !repair.consumer_uuids.some((uuid) => own.has(uuid));
  if (explanation !== null) {
    storeExplanation(draft, { ...explanation, repairs: explanation.repairs.filter(foreign) });
  }
  const message = fitting === 0 ? fault.message : `Only ${fitting} would fit. ${fault.message}`;
  return { why: 'no-valid-host', message, explanation_id: fault.explanation_id };
}
