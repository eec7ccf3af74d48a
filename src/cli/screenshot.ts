/** `screenshot SERVER --out FILE`: what is to be seen of it, as a PNG file. */
import { writeFileSync } from 'node:fs';
import { Complaint } from './complaint.ts';
import { uuidOf } from './server-named.ts';
import type { Session } from './session.ts';

export async function screenshot(
  { client, format, print }: Session,
  what: string,
  out: string,
): Promise<number> {
  const path = `/servers/${await uuidOf(client, what)}/screenshot`;
  const body = await client.get<{ png: string }>(path);
  if (body === null) {
    throw new Complaint(`there is no server '${what}'`, '`plimsoll server list` names them');
  }
  const png = Buffer.from(body.png, 'base64');
  write(out, png);
  const about = { file: out, size_bytes: png.length };
  print(format === 'json' ? JSON.stringify(about) : `${out}: ${png.length} bytes`);
  return 0;
}

function write(out: string, png: Uint8Array): void {
  try {
    writeFileSync(out, png);
  } catch (error) {
    throw new Complaint((error as Error).message, 'give --out a file that can be written');
  }
}
