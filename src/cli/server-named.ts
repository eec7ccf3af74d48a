/** A server by what people call it. */
import type { Static } from 'typebox';
import type { Server } from '../core/api/plimsoll/schemas.ts';
import type { Client } from './client.ts';
import { Complaint } from './complaint.ts';

/** As a path takes it: of the one that has this name, or what was given, which may be a UUID. */
export async function uuidOf(client: Client, what: string): Promise<string> {
  const servers = (await client.get<{ servers: Static<typeof Server>[] }>('/servers'))?.servers;
  const named = (servers ?? []).filter(({ name, uuid }) => name === what || uuid === what);
  if (named.length > 1) {
    throw new Complaint(`${named.length} servers are called '${what}'`, 'give the uuid of one');
  }
  return encodeURIComponent(named[0]?.uuid ?? what);
}
