/** A request as both servers get it. */
import { request } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Of the microversion 1.minor; null: no version header. */
  readonly minor: number | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

/** Each request has a connection of its own: the original closes idle ones without a word. */
export async function send(base: string, asked: Asked): Promise<Answered> {
  const headers: Record<string, string> = { 'x-auth-token': 'admin', accept: 'application/json' };
  if (asked.minor !== null) headers['openstack-api-version'] = `placement 1.${asked.minor}`;
  if (asked.body !== undefined) headers['content-type'] = 'application/json';
  const { body } = asked;
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  if (bytes !== undefined) headers['content-length'] = String(Buffer.byteLength(bytes));
  return await new Promise((resolve, reject) => {
    const options = { method: asked.method, headers: { ...headers, ...asked.headers } };
    const sent = request(`${base}${asked.path}`, { ...options, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const headers = response.headers as Record<string, string>;
        const text = Buffer.concat(pieces).toString();
        resolve({ status: response.statusCode ?? 0, headers, body: parsed(text) });
      });
    });
    sent.once('error', reject);
    sent.end(bytes);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const shown = ({ method, path, minor, body }: Asked): string =>
  `${method} ${path} @1.${minor}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;
