/**
 * Lets what was written go out before a process ends. `process.exit` drops what a slow reader has
 * not taken yet: a pipe of a shell takes everything at once, that of another program need not.
 */
import type { Writable } from 'node:stream';

/** Resolves once all is out, or nobody reads any more. */
export const flushed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()));
