/** A decision and its claim in one ledger request, for sagas that need a host; and a first look. */
import { fault } from '../conductor/act.ts';
import type { Refused } from '../conductor/saga.ts';
import type { ClaimRefusal } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import type { GuestDevice } from '../ports/device.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Placement } from '../scheduler/ask.ts';
import type { ServerRow } from '../servers/rows.ts';
import type { OperationRefusal } from './operations.ts';
import type { Bounds, World } from './world.ts';

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
  const decided = scheduler.decide(draft, ask.value);
  if (decided.is === 'no') {
    const { id, summary, refusal: reason } = decided.why;
    const message = `No valid host was found. ${summary}`;
    return no({
      fault: { code: 500, message, reason, explanation_id: id },
      record: (after) => scheduler.keep(after, decided.why),
    });
  }
  const choice = scheduler.choice(draft, ask.value, decided.value);
  const claimed = claim(decided.value);
  if (claimed.is === 'done') {
    scheduler.keepChoice(draft, choice);
    return done({ ...decided.value, guest_devices: devicesAt(draft, server, decided.value) });
  }
  return no({ fault: fault(`${decided.value.host}: the claim was refused: ${claimed.why.why}`) });
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
  const mark = draft.mark;
  const decided = scheduler.decide(draft, ask.value);
  draft.rollback(mark);
  if (decided.is === 'done') return null;
  scheduler.keep(draft, decided.why);
  const { id, summary } = decided.why;
  const message = `No valid host was found. ${summary}`;
  return { why: 'no-valid-host', message, explanation_id: id };
}
