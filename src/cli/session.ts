/** What a verb is given: somebody to ask, how to show the answer, and where. */
import type { Client } from './client.ts';
import type { Format } from './table.ts';

export interface Session {
  readonly client: Client;
  readonly format: Format;
  /** Says a line, or several, on standard output. */
  readonly print: (text: string) => void;
}
