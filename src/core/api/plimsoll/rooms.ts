/** What the handlers of our own API may use. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Digests } from '../../ports/passwords.ts';
import type { Drains, Operations } from '../../sagas/operations.ts';
import type { Scheduler } from '../../scheduler/decide.ts';
import type { Audits } from '../../servers/findings.ts';
import type { EventFeed } from './feed.ts';
import type { StatusRooms } from './status.ts';

/** What a ledger alone can answer: Placement without servers and hosts has no more. */
export interface LedgerRooms {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export interface PlimsollRooms extends LedgerRooms {
  readonly entropy: Entropy;
  readonly digests: Digests;
  readonly feed: EventFeed;
  readonly scheduler: Scheduler;
  readonly operations: Operations;
  readonly drainer: Drains;
  readonly audits: Audits;
  readonly status: StatusRooms;
}
