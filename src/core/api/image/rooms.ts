/** What the image service asks of the rest. */
import type { Ledger } from '../../ledger/ledger.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { ImageFiles } from '../../ports/image-files.ts';

export interface ImageRooms {
  readonly ledger: Ledger;
  readonly entropy: Entropy;
  readonly imageFiles: ImageFiles;
}
