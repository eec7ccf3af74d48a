/** A client of the cluster: one request, one connection, through the balancer; never asks again. */
import { request } from 'node:http';
import { now_ms, type Outcome } from './history.ts';

const PATIENCE_MS = 12_000;

export interface Answer {
  readonly outcome: Outcome;
  readonly status: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: the caller looks at what it expects
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly began_ms: number;
  readonly ended_ms: number;
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

export class Client {
  readonly #port: number;
  readonly #token: string | null;
  /** How many requests all clients have made. */
  static requests = 0;

  constructor(port: number, token: string | null) {
    this.#port = port;
    this.#token = token;
  }

  async ask(ask: Ask): Promise<Answer> {
    Client.requests++;
    const began_ms = now_ms();
    const heard = await this.#send(ask);
    const body = heard.text === '' ? null : parsed(heard.text);
    const outcome = heard.outcome ?? outcomeOf(heard.status);
    return { ...heard, outcome, body, began_ms, ended_ms: now_ms() };
  }

  #send({ method, path, body }: Ask): Promise<Heard> {
    const text = body === undefined ? null : JSON.stringify(body);
    return new Promise((resolve) => {
      const fail = (error: NodeJS.ErrnoException) => {
        const outcome = error.code === 'ECONNREFUSED' ? 'refused' : 'lost';
        resolve({ outcome, status: null, text: '', headers: {} });
      };
      const options = { host: '127.0.0.1', port: this.#port, method, path, agent: false as const };
      const asked = request({ ...options, headers: this.#headers(path, text) }, (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (piece: string) => (said += piece));
        response.on('error', fail).on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ outcome: null, status, text: said, headers });
        });
      });
      asked.setTimeout(PATIENCE_MS, () => asked.destroy(new Error('no answer')));
      asked.on('error', fail);
      asked.end(text ?? undefined);
    });
  }

  #headers(path: string, text: string | null): Record<string, string | number> {
    const api = path.startsWith('/placement') ? 'placement 1.38' : 'compute 2.90';
    return {
      'openstack-api-version': api,
      ...(this.#token !== null && { 'x-auth-token': this.#token }),
      ...(text !== null && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }),
    };
  }
}

interface Heard {
  /** Null: the status tells. */
  readonly outcome: Outcome | null;
  readonly status: number | null;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What an answer of 500 and more says of what was asked is: nothing. */
function outcomeOf(status: number | null): Outcome {
  if (status === null || status >= 500) return 'lost';
  return status < 300 ? 'done' : 'refused';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** A token of the administrator's, from whichever process answers. */
export async function logIn(port: number, password: string): Promise<string> {
  const domain = { name: 'Default' };
  const user = { name: 'admin', password, domain };
  const identity = { methods: ['password'], password: { user } };
  const scope = { project: { name: 'admin', domain } };
  const body = { auth: { identity, scope } };
  const answer = await new Client(port, null).ask({
    method: 'POST',
    path: '/identity/v3/auth/tokens',
    body,
  });
  const token = answer.headers['x-subject-token'];
  if (typeof token !== 'string') throw new Error(`no token: ${answer.status}`);
  return token;
}
