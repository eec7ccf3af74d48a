/** What the compute service asks of the rest. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { ImageFiles } from '../../ports/image-files.ts';
import type { Digests } from '../../ports/passwords.ts';
import type { SshKeys } from '../../ports/ssh-keys.ts';
import type { Operations } from '../../sagas/operations.ts';

export interface ComputeRooms {
  readonly ledger: Ledger;
  readonly operations: Operations;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** For `hostId`: names a host to a project without telling which it is. */
  readonly digests: Digests;
  readonly sshKeys: SshKeys;
  /** For images that are deleted by way of compute. */
  readonly imageFiles: ImageFiles;
  /** Whether every new server has a config drive, asked for or not; left out: no. */
  readonly force_config_drive?: boolean;
}
