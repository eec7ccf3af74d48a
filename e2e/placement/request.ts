/** A request as both servers get it. */

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

export async function send(base: string, asked: Asked): Promise<Answered> {
  const headers: Record<string, string> = { 'x-auth-token': 'admin', accept: 'application/json' };
  if (asked.minor !== null) headers['openstack-api-version'] = `placement 1.${asked.minor}`;
  if (asked.body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(`${base}${asked.path}`, {
    method: asked.method,
    headers: { ...headers, ...asked.headers },
    ...(asked.body === undefined
      ? {}
      : { body: typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: parsed(text),
  };
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
