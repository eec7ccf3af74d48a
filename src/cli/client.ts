/**
 * A client of our own API, as the verbs need it: one login, then GETs and the event stream.
 *
 * An answer is either the body or a Complaint; what was asked for and is not there is null, since
 * only the verb knows what that means to the user.
 */
import type { Cloud } from './clouds.ts';
import { Complaint } from './complaint.ts';

const API = '/plimsoll/v1';

export interface Client {
  /** Null: there is nothing at this path. */
  get<T>(path: string): Promise<T | null>;
  /** Sent as JSON; undefined: without a body. */
  post<T>(path: string, body: unknown): Promise<T | null>;
  /** `open` once the server has begun to listen for us, then events, until either side ends it. */
  events(signal: AbortSignal): AsyncGenerator<ServerEvent>;
}

export interface ServerEvent {
  readonly name: string;
  readonly data: unknown;
}

export async function connect(cloud: Cloud): Promise<Client> {
  const token = await logIn(cloud);
  const ask = (path: string, init: RequestInit = {}) =>
    reach(cloud, `${API}${path}`, { ...init, headers: { 'x-auth-token': token } });
  return {
    async get<T>(path: string): Promise<T | null> {
      const response = await ask(path);
      if (response.status === 404) return null;
      if (!response.ok) throw await refused(response);
      return (await response.json()) as T;
    },
    async post<T>(path: string, body: unknown): Promise<T | null> {
      const headers = { 'x-auth-token': token, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await reach(cloud, `${API}${path}`, { method: 'POST', headers, ...sent });
      if (response.status === 404) return null;
      if (!response.ok) throw await refused(response);
      return (await response.json()) as T;
    },
    async *events(signal) {
      const response = await ask('/events', { signal });
      if (!response.ok || response.body === null) throw await refused(response);
      yield { name: 'open', data: null };
      yield* parseEvents(response.body.pipeThrough(new TextDecoderStream()));
    },
  };
}

export interface Health {
  readonly origin: string;
  readonly ok: boolean;
  readonly wrong: readonly { readonly what: string; readonly next: string }[];
}

/** What the server says of itself without a log-in. */
export async function healthOf(cloud: Cloud): Promise<Health> {
  const response = await reach(cloud, '/readyz', {});
  const { origin } = cloud;
  if (response.status === 404) return { origin, ok: true, wrong: [] }; // an older one
  return { ...((await response.json()) as Omit<Health, 'origin'>), origin };
}

/** A Keystone token by password. */
async function logIn(cloud: Cloud): Promise<string> {
  const user = {
    name: cloud.user,
    password: cloud.password,
    domain: { name: cloud.user_domain },
  };
  const project = { name: cloud.project, domain: { name: cloud.project_domain } };
  const identity = { methods: ['password'], password: { user } };
  const response = await reach(cloud, '/identity/v3/auth/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project } } }),
  });
  const token = response.headers.get('x-subject-token');
  if (token !== null) return token;
  if (response.status !== 401) throw await refused(response);
  throw new Complaint(
    `${cloud.origin} does not accept the password of '${cloud.user}'`,
    'take the clouds.yaml that the running server wrote',
  );
}

/** A server that takes longer hangs; only who watches a stream waits for as long as it lasts. */
const ANSWER_WITHIN_MS = 30_000;

async function reach(cloud: Cloud, path: string, init: RequestInit): Promise<Response> {
  try {
    const signal = init.signal ?? AbortSignal.timeout(ANSWER_WITHIN_MS);
    return await fetch(`${cloud.origin}${path}`, { ...init, signal });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Complaint(
      `cannot reach ${cloud.origin} (${reason(error)})`,
      'is the server running? `plimsoll up` starts one',
    );
  }
}

/** fetch hides the reason in `cause`, and that of several addresses one level deeper. */
function reason(error: unknown): string {
  const { code, message, cause } = error as { code?: string; message: string; cause?: unknown };
  return cause === undefined ? (code ?? message) : reason(cause);
}

async function refused(response: Response): Promise<Complaint> {
  const body = await response.text();
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? response.statusText;
  const next =
    response.status === 403
      ? 'use a clouds.yaml of somebody who may'
      : 'its log (and the request id in it) says more';
  return new Complaint(`the server answers ${response.status}: ${message}`, next);
}

/** The frames of a server-sent stream; comments and frames without data are left out. */
export async function* parseEvents(pieces: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = '';
  for await (const piece of pieces) {
    const frames = `${rest}${piece}`.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1];
      const data = field('data');
      if (data !== undefined) yield { name: field('event') ?? 'message', data: JSON.parse(data) };
    }
  }
}
