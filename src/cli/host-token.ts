/** `host token`: new tokens for agents, one `HOST TOKEN` a line, as `plimsoll agent` reads them. */
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';

interface Token {
  readonly host: string;
  readonly token: string;
}

export async function hostTokens(
  { client, format, print }: Session,
  names: readonly string[],
): Promise<number> {
  const made: Token[] = [];
  for (const name of names) {
    const token = await client.post<Token>(`/hosts/${encodeURIComponent(name)}/token`, undefined);
    if (token === null)
      throw new Complaint('this server makes no tokens of agents', 'is it older?');
    made.push(token);
  }
  if (format === 'json') print(JSON.stringify(made, null, 2));
  else for (const { host, token } of made) print(`${host} ${token}`);
  return 0;
}
