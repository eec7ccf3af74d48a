/** What the compute service asks of the rest. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Digests } from '../../ports/passwords.ts';
import type { Operations } from '../../sagas/operations.ts';

export interface ComputeRooms {
  readonly ledger: Ledger;
  readonly operations: Operations;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly digests: Digests;
}
