/** What verbs share that ask a running server: their options, and the log-in that these lead to. */
import type { Command } from 'commander';
import * as client from '../core/config/client.ts';
import type { Variables } from '../core/config/resolve.ts';
import type { Cloud } from './clouds.ts';
import type { Session } from './session.ts';
import { optionOf } from './setting-option.ts';
import type { Format } from './table.ts';
import { formatOption } from './verb-parts.ts';

export interface Common {
  readonly format: Format;
  readonly clouds?: string;
  readonly cloud?: string;
}

export interface SessionDoors {
  readonly out: (text: string) => void;
  readonly variables: Variables;
}

export const withServer = (verb: Command): Command =>
  verb
    .addOption(formatOption())
    .addOption(optionOf(client.clouds))
    .addOption(optionOf(client.cloud));

export async function session(given: Common, { out, variables }: SessionDoors): Promise<Session> {
  const [cloud, { connect }] = await Promise.all([
    cloudOf(given, variables),
    import('./client.ts'),
  ]);
  const print = (text: string) => out(`${text}\n`);
  return { client: await connect(cloud), format: given.format, print };
}

/** Where the server is, and who asks. */
export async function cloudOf(given: Common, variables: Variables): Promise<Cloud> {
  const { readCloud } = await import('./clouds.ts');
  const file = client.clientSays(client.clouds, given.clouds, variables);
  const cloud = client.clientSays(client.cloud, given.cloud, variables);
  return readCloud({ cloud, ...(file !== null && { clouds: file }) });
}
