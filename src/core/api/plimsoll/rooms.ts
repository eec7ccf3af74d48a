/** What the handlers of our own API may use. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { EventFeed } from './feed.ts';

export interface PlimsollRooms {
  readonly ledger: Ledger;
  readonly feed: EventFeed;
}
