/**
 * An installation to try the APIs on: a real replica with its services, and simulated hosts, clock
 * and store. A request is a call; what it sets going happens while somebody waits for it.
 *
 *   ask(method, path, about) ─► the service of the longest prefix ─► its route ─► its handler
 */
import type { HttpRequest, HttpResponse, Route, Service } from '../core/api/http.ts';
import type { Network } from '../core/api/network/rooms.ts';
import { tellBatch } from '../core/api/plimsoll/events.ts';
import { EventFeed } from '../core/api/plimsoll/feed.ts';
import type { PlimsollRooms } from '../core/api/plimsoll/rooms.ts';
import { Chance } from '../core/base/seeded.ts';
import { assert, present } from '../core/base/units.ts';
import { utf8 } from '../core/base/utf8.ts';
import { bootstrapIdentity } from '../core/identity/bootstrap.ts';
import { Directory } from '../core/identity/directory.ts';
import { Logins } from '../core/identity/login.ts';
import { silent } from '../core/ports/journal.ts';
import { handOver, type Recipient, type Wire } from '../core/ports/wire.ts';
import { allTables, Replica } from '../core/replica.ts';
import { SimClock } from './clock.ts';
import { SimEntropy } from './entropy.ts';
import { SimFabric } from './fabric.ts';
import { SimImageFiles } from './image-files.ts';
import { SimPasswords } from './passwords.ts';
import { simulatedHost } from './simulated-host.ts';
import { SimStore, type StoreFaults } from './store.ts';
import { type Drain, Timeline } from './timeline.ts';

export const PASSWORD = 'first password';
const SIZE = { cores: 8, memory_mib: 16_384, disk_gib: 200 };

/** What every service may ask for; each takes what it needs. */
export interface TrialRooms extends PlimsollRooms {
  readonly ledger: Replica['ledger'];
  readonly operations: Replica['operations'];
  /** What the store does wrong from now on. */
  readonly faults: StoreFaults;
  readonly directory: Directory;
  readonly logins: Logins;
  readonly passwords: SimPasswords;
  readonly digests: SimPasswords;
  readonly entropy: SimEntropy;
  readonly clock: SimClock;
  readonly imageFiles: SimImageFiles;
  readonly networks: readonly Network[];
  readonly sshKeys: {
    fingerprint(key: string): string | null;
    generate(): Promise<{ public_key: string; private_key: string }>;
  };
}
type AnyService = Service<TrialRooms>;

export interface AskAbout {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, which need not be JSON. */
  readonly text?: string;
  /** Sent as it is, to a route that streams. */
  readonly bytes?: Uint8Array;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects, and fails else
  readonly body: any;
}

export class ApiTrial {
  readonly #services: readonly AnyService[];
  readonly #drain: Drain;
  readonly timeline: Timeline;
  readonly rooms: TrialRooms;

  private constructor(
    services: readonly AnyService[],
    drain: Drain,
    timeline: Timeline,
    rooms: TrialRooms,
  ) {
    this.#services = services;
    this.#drain = drain;
    this.timeline = timeline;
    this.rooms = rooms;
  }

  static async open(
    services: readonly AnyService[],
    drain: Drain,
    hosts: readonly string[] = ['h1', 'h2', 'h3'],
  ): Promise<ApiTrial> {
    const timeline = new Timeline();
    const opening = build(timeline, hosts);
    const rooms = await driven(opening, timeline, drain);
    return new ApiTrial(services, drain, timeline, rooms);
  }

  /** Asks, and lets time go on until there is an answer. */
  ask(method: Route<never>['method'], path: string, about: AskAbout = {}): Promise<Told> {
    return driven(this.#ask(method, path, about), this.timeline, this.#drain);
  }

  async #ask(method: Route<never>['method'], url: string, about: AskAbout): Promise<Told> {
    const [path = '', query = ''] = url.split('?');
    const service = present(
      this.#services.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`)),
      `no service at ${path}`,
    );
    const below = path.slice(service.prefix.length);
    const asked = requestOf(this.rooms, method, below, query, about);
    const answer = await dispatch(service, asked, below, this.rooms);
    return told(service.finish?.(asked, answer) ?? answer);
  }

  /** The next thing happens that was going to; the next `ask` lets it run dry. */
  step(): void {
    this.timeline.step();
  }

  /** A token of the first user's for the first project. */
  async token(user = 'admin', password = PASSWORD, project = 'admin'): Promise<string> {
    const domain = { id: 'default' };
    const identity = {
      methods: ['password'],
      password: { user: { name: user, domain, password } },
    };
    const scope = { project: { name: project, domain } };
    const body = { auth: { identity, scope } };
    const answer = await this.ask('POST', '/identity/v3/auth/tokens', { body });
    return present(answer.headers['x-subject-token'], `no token: ${JSON.stringify(answer)}`);
  }
}

/** Lets the world's time go on for as long as the promise needs it. */
async function driven<T>(promise: Promise<T>, timeline: Timeline, drain: Drain): Promise<T> {
  let finished = false;
  const settled = () => {
    finished = true;
  };
  promise.then(settled, settled);
  assert(await timeline.run(drain, () => finished), 'it waits for what will never come');
  return promise;
}

async function build(timeline: Timeline, names: readonly string[]): Promise<TrialRooms> {
  const clock = new SimClock(timeline);
  const entropy = new SimEntropy(new Chance('api trial'));
  const agents = new Map<string, Recipient>();
  const wire: Wire = {
    ask: (host, order) => handOver(order, agents.get(host)?.incarnation, agents.get(host)),
  };
  const faults: StoreFaults = {};
  const store = new SimStore(allTables, faults);
  const opened = await Replica.open(
    { store, wire, clock, entropy, journal: silent },
    { sole: true },
  );
  assert(opened.is === 'done', 'the replica does not open');
  const { ledger, operations, muster, scheduler, drainer, audit: audits } = opened.value;
  const fabric = new SimFabric();
  const imageFiles = new SimImageFiles();
  for (const name of names) {
    const made = await simulatedHost({
      ...{ ...SIZE, name, uuid: entropy.uuid(), fabric, clock, images: imageFiles },
    });
    assert(made.is === 'done', `no host ${name}`);
    const { agent } = made.value;
    agents.set(name, agent);
    const report = await agent.report();
    assert(report.is === 'done', `no report of ${name}`);
    await muster.report(report.value);
  }
  const passwords = new SimPasswords();
  const directory = await Directory.open(ledger, passwords, clock);
  await bootstrapIdentity({ ledger, passwords, entropy, password: PASSWORD });
  const logins = new Logins({ ledger, directory, passwords, clock, entropy });
  const about = { passwords, digests: passwords, entropy, clock, imageFiles, networks, sshKeys };
  const feed = new EventFeed(ledger, clock, tellBatch);
  const own = { feed, scheduler, drainer, audits, status };
  return { ledger, operations, faults, directory, logins, ...about, ...own };
}

const status: PlimsollRooms['status'] = {
  itself: () => ({ process: 'trial', database: 'sqlite', broker: 'none' }),
  pulse: { troubles: () => Promise.resolve([]) },
};

const networks: readonly Network[] = [
  { id: '6b1c8a52-1f5f-4d4e-9f6c-000000000001', name: 'br0', bridge: 'br0' },
  { id: '6b1c8a52-1f5f-4d4e-9f6c-000000000002', name: 'public', bridge: 'br1' },
];

const sshKeys = {
  fingerprint: (key: string) => (key.startsWith('ssh-') ? '00:01' : null),
  generate: () => Promise.resolve({ public_key: 'ssh-rsa AAAA', private_key: 'private' }),
};

function requestOf(
  { directory, entropy }: TrialRooms,
  method: string,
  path: string,
  query: string,
  { token, headers = {}, body, text = JSON.stringify(body), bytes }: AskAbout,
): HttpRequest {
  const auth: Record<string, string> = token === undefined ? {} : { 'x-auth-token': token };
  return {
    method,
    path: decodeURIComponent(path),
    origin: 'http://127.0.0.1:8774',
    params: {},
    query,
    headers: { ...auth, ...headers },
    body: text === undefined ? null : bytesOf(text),
    stream: bytes === undefined ? null : once(bytes),
    caller: token === undefined ? null : directory.authenticate(token),
    request_id: `req-${entropy.uuid()}`,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The route whose path fits with the fewest names in it, as the server's router chooses. */
async function dispatch(
  service: AnyService,
  asked: HttpRequest,
  path: string,
  rooms: TrialRooms,
): Promise<HttpResponse> {
  const fitting = service.routes
    .map((route) => ({ route, params: paramsOf(route.path, path) }))
    .filter(({ params }) => params !== null)
    .toSorted((a, b) => a.route.path.split(':').length - b.route.path.split(':').length);
  const [first] = fitting;
  if (first === undefined) return service.notFound(asked);
  const same = fitting.filter(({ route }) => route.path === first.route.path);
  const found = same.find(({ route }) => route.method === asked.method);
  const allow = same.map(({ route }) => route.method);
  if (found === undefined) return service.wrongMethod(asked, allow);
  const request = { ...asked, params: found.params ?? {} };
  return service.guard?.(request, rooms) ?? found.route.handle(request, rooms);
}

function paramsOf(pattern: string, path: string): Record<string, string> | null {
  const [names, parts] = [pattern.split('/'), path.split('/')];
  if (names.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const part = decodeURIComponent(parts[at] ?? '');
    if (name.startsWith(':') && part !== '') params[name.slice(1)] = part;
    else if (name !== part) return null;
  }
  return params;
}

async function told({ status, headers = {}, body = '' }: HttpResponse): Promise<Told> {
  // It never ends, and is not begun.
  if (headers['content-type'] === 'text/event-stream') return { status, headers, body: '' };
  const text = typeof body === 'string' ? body : await textOf(body);
  const json = headers['content-type'] === 'application/json' && text !== '';
  return { status, headers, body: json ? JSON.parse(text) : text };
}

async function textOf(body: Exclude<HttpResponse['body'], string | undefined>): Promise<string> {
  if (body instanceof Uint8Array) return utf8(body);
  let text = '';
  for await (const piece of body) text += typeof piece === 'string' ? piece : utf8(piece);
  return text;
}

/** UTF-8, which the language itself only writes as an address: `%C3%A4`. */
function bytesOf(text: string): Uint8Array {
  const escaped = encodeURIComponent(text).matchAll(/%([0-9A-F]{2})|(.)/g);
  return Uint8Array.from(escaped, ([, hex, plain = '']) =>
    hex === undefined ? plain.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}
