/** Placement on a ledger whose store keeps nothing, asked by calls: for tests alone. */
import { present } from '../../base/units.ts';
import { utf8 } from '../../base/utf8.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { ledgerTables } from '../../ledger/rows.ts';
import { seedLedger } from '../../ledger/standard.ts';
import { done } from '../../ports/reply.ts';
import type { Store } from '../../ports/store.ts';
import type { Caller, HttpRequest, HttpResponse } from '../http.ts';
import { type PlacementOptions, type PlacementRooms, placementService } from './service.ts';

export const NOW_MS = 1_767_225_600_000;

export const caller = (roles: readonly string[], more: Partial<Caller> = {}): Caller => ({
  user_id: 'someone',
  user_name: 'someone',
  project_id: 'a-project',
  project_name: 'a-project',
  roles,
  system_scope: false,
  ...more,
});
const admin = caller(['admin', 'service']);

export interface About {
  /** Of the microversion 1.minor; left out: the newest. */
  readonly minor?: number;
  readonly body?: unknown;
  readonly headers?: HttpRequest['headers'];
  /** Null: nobody. Left out: an administrator who may act as a service too. */
  readonly by?: Caller | null;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects, and fails else
  readonly body: any;
}

export class PlacementSample {
  readonly service;
  readonly rooms: PlacementRooms;

  private constructor(options: PlacementOptions, rooms: PlacementRooms) {
    this.service = placementService(options);
    this.rooms = rooms;
  }

  static async open(options: PlacementOptions = {}): Promise<PlacementSample> {
    const clock = { now: () => 0 as never, wall: () => NOW_MS, sleep: async () => {} };
    const ledger = await Ledger.open(ledgerTables, emptyStore(), clock);
    await seedLedger(ledger);
    let drawn = 0;
    const uuid = () => `00000000-0000-4000-8000-${String(++drawn).padStart(12, '0')}`;
    return new PlacementSample(options, { ledger, clock, entropy: { uuid, secret: uuid } });
  }

  async ask(method: string, url: string, about: About = {}): Promise<Told> {
    const request = requestOf(method, url, about);
    const answer = await this.#dispatch(request);
    return told(this.service.finish?.(request, answer) ?? answer);
  }

  async #dispatch(request: HttpRequest): Promise<HttpResponse> {
    const matching = this.service.routes.flatMap((route) => {
      const params = paramsOf(route.path, request.path);
      return params === null ? [] : [{ route, params }];
    });
    if (matching.length === 0) return this.service.notFound(request);
    const allow = matching.map(({ route }) => route.method);
    const found = matching.find(({ route }) => route.method === request.method);
    if (found === undefined) return this.service.wrongMethod(request, allow);
    return found.route.handle({ ...request, params: found.params }, this.rooms);
  }
}

function requestOf(method: string, url: string, about: About): HttpRequest {
  const { minor = 39, body, headers = {}, by = admin } = about;
  const [path = '', query = ''] = url.split('?');
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method,
    path,
    origin: 'http://here',
    params: {},
    query,
    headers: {
      'openstack-api-version': `placement 1.${minor}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: bytes === undefined ? null : Uint8Array.from(bytes, (c) => c.charCodeAt(0)),
    stream: null,
    caller: by,
    request_id: 'req-1',
  };
}

function paramsOf(pattern: string, path: string): Record<string, string> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = present(given[at], 'a part of the path');
    else if (part !== given[at]) return null;
  }
  return params;
}

function told({ status, headers = {}, body }: HttpResponse): Told {
  const text = body instanceof Uint8Array ? utf8(body) : String(body ?? '');
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  return { status, headers, body: isJson ? (JSON.parse(text) as unknown) : text };
}

function emptyStore(): Store {
  let sequence = 0;
  return {
    load: async () => ({ sequence: 0 }),
    begin: async () => done({ sequence, missed: [] }),
    commit: async (batch) => {
      sequence = batch.sequence;
      return done(undefined);
    },
    rollback: async () => {},
    records: async () => done([]),
    close: async () => {},
  };
}
