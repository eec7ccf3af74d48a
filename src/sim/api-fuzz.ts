/**
 * Sends an installation what nobody should send, and watches what it does with it.
 *
 *   a world: an operator, the one whose things it is about (`owner`), and others: a member and a
 *   reader of another project, and who has no token or a wrong one
 *
 *   until at rest ─► a route, a version, ids of everybody's, a body that is spoiled ─► answer
 *
 *   Z1  no answer is a fault of ours (5xx), and none is missing;
 *   Z2  a request that is refused changes nothing, but what is written down of refusals;
 *   Z3  nobody but the owner and operators is ever told of the owner's things;
 *   Z4  a refusal says why, in words.
 */
import type { Route, Service } from '../core/api/http.ts';
import type { Chance } from '../core/base/seeded.ts';
import { present } from '../core/base/units.ts';
import { type RunRow, runs, underWay } from '../core/conductor/rows.ts';
import { explanations } from '../core/scheduler/rows.ts';
import { type ServerRow, servers } from '../core/servers/rows.ts';
import type { AskAbout, Told } from './api-trial.ts';
import {
  admin,
  boot,
  type Client,
  flavor,
  IMAGE,
  openCompute,
  stranger,
  wanted,
} from './compute-client.ts';
import { bodiesFor } from './fuzz-bodies.ts';
import { brokenJson, spoiled, wrongText } from './fuzz-values.ts';
import type { Drain } from './timeline.ts';

/** In the names of all that the owner has, and in no request of anybody else's. */
const SECRET = 'crown-jewel';
const STEPS_MAX = 400;

type AnyRoute = Pick<Route<never>, 'method' | 'path' | 'streams'>;
type Someone = 'operator' | 'member' | 'reader' | 'nobody' | 'forger';

export interface Finding {
  readonly what: 'fault' | 'change' | 'leak' | 'no words';
  readonly request: string;
  readonly answer: string;
}

export interface Tried {
  requests: number;
  refused: number;
  /** Refusals at whose time nothing else went on, so that any change was theirs. */
  watched: number;
}

type Ids = Readonly<Record<string, string[]>>;
interface Cast {
  readonly chance: Chance;
  readonly places: readonly Place[];
  readonly operator: Client;
  readonly member: Client;
  readonly tokens: Readonly<Record<Someone, string | undefined>>;
  readonly ids: Ids;
}

interface Place {
  readonly prefix: string;
  readonly route: AnyRoute;
}

interface Sent {
  readonly who: Someone;
  readonly place: Place;
  readonly url: string;
  readonly about: AskAbout;
}

export class ApiFuzz {
  readonly findings: Finding[] = [];
  readonly tried: Tried = { requests: 0, refused: 0, watched: 0 };
  readonly #chance: Chance;
  readonly #places: readonly Place[];
  /** Those with which something can be changed: there is more to them than to the rest. */
  readonly #writing: readonly Place[];
  readonly #operator: Client;
  readonly #tokens: Readonly<Record<Someone, string | undefined>>;
  readonly #ids: Ids;
  readonly #member: Client;
  readonly #gone = new Set<string>();
  /** Runs that are under way, and tables that a batch since the last request has changed. */
  readonly #busy = new Set<string>();
  readonly #changed = new Set<string>();

  private constructor({ chance, places, operator, member, tokens, ids }: Cast) {
    this.#chance = chance;
    this.#places = places;
    this.#writing = places
      .filter(isWriting)
      .flatMap((place) => Array<Place>(weightOf(place)).fill(place));
    this.#operator = operator;
    this.#member = member;
    this.#tokens = tokens;
    this.#ids = ids;
    operator.trial.rooms.ledger.subscribe(({ changes }) => {
      for (const { table, row, gone } of changes) {
        this.#changed.add(table);
        if (table === runs.name) this.#heard(row as RunRow);
        if (table === servers.name && gone) this.#gone.add((row as ServerRow).uuid);
      }
    });
  }

  static async open(
    chance: Chance,
    services: readonly Service<never>[],
    drain: Drain,
  ): Promise<ApiFuzz> {
    const trial = await openCompute(drain, services);
    const operator = await admin(trial, 96);
    const size = await flavor(operator);
    const [owner, member, reader] = [
      await stranger(trial, 'member'),
      await stranger(trial, 'member'),
      await stranger(trial, 'reader'),
    ];
    const [theirs, own] = [
      await furnished(owner, size, SECRET),
      await furnished(member, size, 'own'),
    ];
    const providers = await trial.rooms.ledger.read(({ books }) =>
      books.providers.flatMap((row) => row?.uuid ?? []),
    );
    const ids = {
      ...{ flavor: [size], image: [IMAGE], host: ['h1', 'h2', 'h3', 'nova'] },
      ...{ server: [theirs.server, own.server], group: [theirs.group, own.group] },
      ...{ keypair: ['own', `${SECRET.slice(0, 5)}`], project: [theirs.project, own.project] },
      provider: [theirs.server, ...providers],
      ...{ any: ['default', 'admin', 'member', '00000000-0000-4000-8000-000000000000'] },
    };
    const tokens = {
      ...{ operator: await trial.token(), member: tokenOf(member), reader: tokenOf(reader) },
      ...{ nobody: undefined, forger: `${tokenOf(owner).slice(0, -1)}x` },
    };
    const places = services.flatMap(({ prefix, routes }) =>
      routes.map((route) => ({ prefix, route })),
    );
    return new ApiFuzz({ chance, places, operator, member, tokens, ids });
  }

  async round(): Promise<void> {
    await this.#replace();
    const rested = await this.#rest();
    const sent = this.#draw();
    this.#changed.clear();
    this.tried.requests++;
    try {
      const answer = await this.#operator.trial.ask(sent.place.route.method, sent.url, sent.about);
      this.#judge(sent, answer, rested);
    } catch (error) {
      this.#find('fault', sent, error instanceof Error ? (error.stack ?? '') : String(error));
    }
  }

  /** Whoever's server was deleted gets another, so that there is always one to be spoiled. */
  async #replace(): Promise<void> {
    const at = this.#ids['server']?.findIndex((uuid) => this.#gone.has(uuid)) ?? -1;
    const [size] = this.#ids['flavor'] ?? [];
    if (at < 0 || size === undefined) return;
    const body = { server: wanted(this.#member, size) };
    const made = (await this.#member.ask('POST', '/servers', body)).body.server;
    if (made !== undefined) this.#ids['server']?.splice(at, 1, made.id);
  }

  #heard({ id, state }: RunRow): void {
    if (underWay.includes(state)) this.#busy.add(id);
    else this.#busy.delete(id);
  }

  /** Lets time go on until no run is under way; false: one would not end. */
  async #rest(): Promise<boolean> {
    const { trial } = this.#operator;
    for (let steps = 0; steps < STEPS_MAX && this.#busy.size > 0; steps++) {
      trial.step();
      await trial.ask('GET', '/compute/');
    }
    return this.#busy.size === 0;
  }

  // ── what is sent ─────────────────────────────────────────────────────────────────────────

  #draw(): Sent {
    const chance = this.#chance;
    const place = chance.pick(chance.happens(500) ? this.#writing : this.#places);
    const weights = { operator: 3, member: 5, reader: 2, nobody: 1, forger: 1 };
    const who = chance.weighted(weights);
    const token = this.#tokens[who];
    const path = place.route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
      this.#part(name, place),
    );
    const url = `${place.prefix}${path}${this.#query(place)}`;
    const about = { headers: this.#headers(place), ...this.#body(place) };
    return { who, place, url, about: { ...about, ...(token !== undefined && { token }) } };
  }

  #part(name: string, { route }: Place): string {
    const kinds: readonly (readonly [RegExp, string])[] = [
      [/\/servers\/:\w+$|\/servers\/:\w+\/(?!why)/, 'server'],
      [/\/flavors\/:/, 'flavor'],
      [/images\/:id/, 'image'],
      [/server-groups/, 'group'],
      [/keypairs/, 'keypair'],
      [/project|tenant|quota/, 'project'],
      [/hosts/, 'host'],
      [/providers|allocations/, 'provider'],
    ];
    const fit = kinds.find(([pattern]) => pattern.test(route.path))?.[1] ?? name;
    return encodeURIComponent(this.#id(this.#chance.happens(700) ? fit : 'wrong'));
  }

  #id(kind: string): string {
    const known = this.#ids[kind];
    if (known !== undefined) return this.#chance.pick(known);
    const all = Object.values(this.#ids).flat();
    const text = this.#chance.happens(500) ? this.#chance.pick(all) : wrongText(this.#chance);
    return text === '' ? '-' : text;
  }

  #query({ prefix }: Place): string {
    if (!this.#chance.happens(250)) return '';
    const names =
      prefix === '/plimsoll/v1'
        ? ownNames
        : [
            ...[
              'limit',
              'marker',
              'sort_key',
              'sort_dir',
              'all_tenants',
              'name',
              'status',
              'user_id',
            ],
            ...[
              'changes-since',
              'project_id',
              'start',
              'end',
              'detailed',
              'with_servers',
              'tags',
              'host',
            ],
            ...[
              'reservation_id',
              'deleted',
              'is_public',
              'minRam',
              'zone',
              'visibility',
              'owner',
              'zz',
            ],
          ];
    const pair = () =>
      `${this.#chance.pick(names)}=${encodeURIComponent(
        this.#chance.happens(400) ? this.#id('any') : wrongText(this.#chance),
      )}`;
    return `?${Array.from({ length: this.#chance.between(1, 3) }, pair).join('&')}`;
  }

  #headers({ prefix }: Place): Readonly<Record<string, string>> {
    const chance = this.#chance;
    const [name, newest] = prefix === '/placement' ? ['placement 1', 39] : ['compute 2', 96];
    const version = chance.happens(950)
      ? `${name}.${chance.between(1, newest)}`
      : wrongText(chance);
    return { 'openstack-api-version': version, 'content-type': 'application/json' };
  }

  #body({ prefix, route: { method, path, streams } }: Place): AskAbout {
    const chance = this.#chance;
    if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return {};
    const whole = this.#filled(chance.pick(bodiesFor({ prefix, path })));
    if (streams === true) return { bytes: Uint8Array.from([1, 2, 3]) };
    if (chance.happens(100)) return { text: brokenJson(JSON.stringify(whole), chance) };
    return { body: chance.happens(250) ? whole : spoiled(whole, chance) };
  }

  /** With ids of things where the body names a kind of them. */
  #filled(value: unknown): unknown {
    if (typeof value === 'string') {
      return /^\$[a-z]+$/.test(value) ? this.#id(value.slice(1)) : value;
    }
    if (Array.isArray(value)) return value.map((one) => this.#filled(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, this.#filled(one)]),
    );
  }

  // ── what comes back ──────────────────────────────────────────────────────────────────────

  #judge(sent: Sent, answer: Told, rested: boolean): void {
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    if (answer.status >= 500 && answer.status !== 501) this.#find('fault', sent, text);
    if (sent.who !== 'operator' && text.includes(SECRET)) this.#find('leak', sent, text);
    if (answer.status < 400) return;
    this.tried.refused++;
    const wordless = sent.place.route.method !== 'HEAD' && !/[a-z]{3}.*[ .]/i.test(text);
    if (wordless || /\[object |\bundefined\b|TypeError/.test(text))
      this.#find('no words', sent, text);
    if (!rested) return;
    this.tried.watched++;
    const changed = [...this.#changed].filter((table) => table !== explanations.name);
    if (changed.length > 0) this.#find('change', sent, `${answer.status} ${changed.join(' ')}`);
  }

  #find(what: Finding['what'], { who, place, url, about }: Sent, answer: string): void {
    const { body, text, headers } = about;
    const said = (text ?? JSON.stringify(body) ?? '').slice(0, 300);
    const version = headers?.['openstack-api-version'] ?? '';
    const request = `${who}: ${place.route.method} ${url.slice(0, 200)} (${version}) ${said}`;
    this.findings.push({ what, request, answer: answer.slice(0, 600) });
  }
}

/** Our own API knows which names a route has, and refuses all others. */
const ownNames = [
  'limit',
  'host',
  'server',
  'state',
  'project_id',
  'since',
  'wait_ms',
  'resources',
];

const isWriting = ({ prefix, route: { method, path } }: Place): boolean =>
  (method === 'POST' || method === 'PUT' || method === 'PATCH') &&
  (prefix !== '/compute' || /^\/v2.1\/(servers|flavors|os-(?!cells|cloudpipe|f|v))/.test(path));

/** Behind one path there are forty actions, and a server has most fields. */
const weightOf = ({ route: { path } }: Place): number =>
  path.endsWith('/servers/:id/action') ? 40 : /[/]servers([/]:id)?$/.test(path) ? 5 : 1;

const tokenOf = ({ token }: Client): string => token;

/** A server, a group and a key of somebody's, all with that word in their names. */
async function furnished(client: Client, size: string, word: string) {
  const server = await boot(client, size, { name: word, metadata: { [word]: word } });
  const body = { server_group: { name: word, policy: 'affinity' } };
  const made = await client.ask('POST', '/os-server-groups', body);
  const group = present(made.body.server_group, JSON.stringify(made.body));
  const keypair = { name: word, type: 'ssh', public_key: `ssh-rsa AAAA ${word}` };
  await client.ask('POST', '/os-keypairs', { keypair });
  return { server, group: String(group.id), project: String(group.project_id) };
}
