/**
 * The bytes of images. Twin: real/image-files.ts (a directory).
 *
 *   F1  `save` keeps all of the stream under the id, or nothing: a reader never sees half a file;
 *   F2  after `done` the bytes survive the death of the process and of the machine;
 *   F3  the format is what the owner says, and is checked against it; it is never guessed from the
 *       bytes, and a disk that names another file (backing or data file) is refused: whoever opens
 *       it would be made to read a file of the host.
 */
import type { Reply } from './reply.ts';

export interface SavedFile {
  readonly size_bytes: number;
  /** MD5, as 32 hex digits: what the image API calls `checksum`. */
  readonly checksum: string;
}

export type SaveRefusal =
  /** Larger than `size_bytes_max`. */
  | { readonly why: 'too-large'; readonly size_bytes_max: number }
  /** Not of the format that was stated, or one that points elsewhere. */
  | { readonly why: 'bad-format'; readonly message: string }
  /** The disk would not: full, or broken. */
  | { readonly why: 'unavailable'; readonly message: string };

export interface ImageFiles {
  save(
    id: string,
    disk_format: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<Reply<SavedFile, SaveRefusal>>;
  /** The file in pieces; null when there is none. */
  open(id: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** The ids of all files that are there. */
  list(): Promise<readonly string[]>;
  /** Takes the file away; one that is not there is no matter. */
  remove(id: string): Promise<void>;
}
