/** A decision and its claim in one ledger request, for sagas that need a host; and a first look. */
import { fault } from '../conductor/act.ts';
import type { Refused } from '../conductor/saga.ts';
import type { ClaimRefusal } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import type { GuestDevice } from '../ports/device.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Ask, Explanation, Placement } from '../scheduler/ask.ts';
import type { Choice } from '../scheduler/choice.ts';
import type { ServerRow } from '../servers/rows.ts';
import { hasNamedDevices, letGoDevices } from './holds.ts';
import type { OperationRefusal } from './operations.ts';
import type { Bounds, Scheduler, World } from './world.ts';

/** Decides where the server goes and has `claim` take it; the explanation is kept either way. */
export function decideAndClaim(
  draft: Draft,
  { scheduler }: World,
  server: ServerRow,
  bounds: Bounds,
  claim: (place: Placement) => Decision<void, ClaimRefusal>,
): Decision<Placed, Refused> {
  const ask = scheduler.askFor(draft, server, bounds);
  if (ask.is === 'no') return no({ fault: fault(ask.why, 400) });
  return claimDecided(draft, scheduler, server, decide(draft, scheduler, ask.value), claim);
}

/**
 * The same for a server that may stay on its host: it can have its devices again there, so it is
 * decided as if they were free. Where that cannot be claimed, e.g. a part of the card that it has
 * whole, it is decided as they are.
 */
export function decideAndMove(
  draft: Draft,
  world: World,
  server: ServerRow,
  bounds: Bounds,
  claim: (place: Placement) => Decision<void, ClaimRefusal>,
): Decision<Placed, Refused> {
  const { scheduler } = world;
  const ask = scheduler.askFor(draft, server, bounds);
  if (ask.is === 'done' && mayKeepDevices(draft, server, bounds)) {
    const { mark } = draft;
    const decided = ifFree(draft, server, () => decide(draft, scheduler, ask.value));
    const placed = claimDecided(draft, scheduler, server, decided, claim);
    if (placed.is === 'done') return placed;
    draft.rollback(mark);
  }
  return decideAndClaim(draft, world, server, bounds, claim);
}

const mayKeepDevices = ({ books }: Draft, server: ServerRow, { ignore_hosts }: Bounds): boolean =>
  server.host !== null && !ignore_hosts.includes(server.host) && hasNamedDevices(books, server);

/** What would be if its devices were free; nothing is left of it. */
function ifFree<T>(draft: Draft, server: ServerRow, what: () => T): T {
  const { mark } = draft;
  letGoDevices(draft, server);
  const answer = what();
  draft.rollback(mark);
  return answer;
}

interface Decided {
  readonly place: Placement;
  readonly choice: Choice;
}

function decide(draft: Draft, scheduler: Scheduler, ask: Ask): Decision<Decided, Explanation> {
  const decided = scheduler.decide(draft, ask);
  if (decided.is === 'no') return decided;
  const place = decided.value;
  return done({ place, choice: scheduler.choice(draft, ask, place) });
}

function claimDecided(
  draft: Draft,
  scheduler: Scheduler,
  server: ServerRow,
  decided: Decision<Decided, Explanation>,
  claim: (place: Placement) => Decision<void, ClaimRefusal>,
): Decision<Placed, Refused> {
  if (decided.is === 'no') {
    const { id, summary, refusal: reason } = decided.why;
    const message = `No valid host was found. ${summary}`;
    return no({
      fault: { code: 500, message, reason, explanation_id: id },
      record: (after) => scheduler.keep(after, decided.why),
    });
  }
  const { place, choice } = decided.value;
  const claimed = claim(place);
  if (claimed.is === 'done') {
    scheduler.keepChoice(draft, choice);
    return done({ ...place, guest_devices: devicesAt(draft, server, place) });
  }
  return no({ fault: fault(`${place.host}: the claim was refused: ${claimed.why.why}`) });
}

/** A place that was claimed. */
export interface Placed extends Placement {
  /** All devices that it has there, those that amounts alone asked for as well. */
  readonly guest_devices: readonly GuestDevice[];
}

const devicesAt = ({ books }: Draft, { uuid }: ServerRow, { provider_id }: Placement) =>
  (books.consumers.get(uuid)?.devices ?? [])
    .filter((hold) => hold.provider_id === provider_id)
    .map((hold): GuestDevice => {
      const { id, address, mdev_type } = books.devices.heldDevice(hold).facts;
      return { id, address, mdev_type };
    });

/** Whether any host could take it now, keeping why not; its run decides again, and claims. */
export function whyNowhere(
  draft: Draft,
  { scheduler }: World,
  server: ServerRow,
  bounds: Bounds,
): OperationRefusal | null {
  const ask = scheduler.askFor(draft, server, bounds);
  if (ask.is === 'no') return { why: 'unfit', message: ask.why };
  const finds = () => scheduler.finds(draft, ask.value);
  if (mayKeepDevices(draft, server, bounds) && ifFree(draft, server, finds)) return null;
  const mark = draft.mark;
  const decided = scheduler.decide(draft, ask.value);
  draft.rollback(mark);
  if (decided.is === 'done') return null;
  scheduler.keep(draft, decided.why);
  const { id, summary } = decided.why;
  const message = `No valid host was found. ${summary}`;
  return { why: 'no-valid-host', message, explanation_id: id };
}
