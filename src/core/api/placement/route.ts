/**
 * What every route of Placement has in common, in the order in which upstream looks at it:
 *
 *   token (401) ─► microversion (400, 406) ─► is it there yet (404, 405) ─► body's type (415)
 *     ─► accepted forms (406) ─► policy (403) ─► body (400) ─► query (400) ─► handle
 *
 * A handler gets what was read and gives an answer or a fault; it decides nothing.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { utf8 } from '../../base/utf8.ts';
import type { Books } from '../../ledger/books.ts';
import type { Draft } from '../../ledger/draft.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import type { HttpRequest, HttpResponse, Route } from '../http.ts';
import { type Query, readQuery } from '../query.ts';
import { complaintOf } from './complaint.ts';
import { acceptsJson, type Fault, fault, faultResponse } from './fault.ts';
import type { Policy, Rule } from './policy.ts';
import { versionOf } from './version.ts';

export interface PlacementRooms {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** What the service was made with, as the handlers need it. */
export interface Settings {
  /** '' or e.g. `/placement`: begins every link. */
  readonly prefix: string;
  readonly policy: Policy;
  /** The most candidates that one answer holds; 0: no such bound. */
  readonly max_candidates: number;
  readonly incomplete_project_id: string;
  readonly incomplete_user_id: string;
}

/** A request as its handler sees it. */
export interface Ask<Body = unknown> {
  readonly request: HttpRequest;
  /** Of the microversion 1.minor. */
  readonly minor: number;
  readonly body: Body;
  readonly query: Query;
  readonly settings: Settings;
  readonly rooms: PlacementRooms;
}

export type Answer = (HttpResponse & { readonly is?: undefined }) | Fault;

/** The body's schema at a version. */
export type Versioned<S extends TSchema> = S | ((minor: number) => S);

export interface Endpoint<S extends TSchema> {
  readonly method: Route<unknown>['method'];
  readonly path: string;
  /** The first minor version that has it. */
  readonly since?: number;
  /** Before `since` the path was there with other methods: 405, not 404. */
  readonly before?: { readonly allow: string };
  /** Null: for everybody, without a token. */
  readonly rule: Rule | null;
  /** What the policy may ask about; the caller's own project is known already. */
  readonly target?: (query: Query) => Record<string, string | undefined>;
  readonly body?: Versioned<S>;
  /** What is told before anything that is wrong with the body, e.g. that the path names nobody. */
  readonly first?: (request: HttpRequest, books: Books) => Fault | null;
  /** True where the answer has a body that is JSON. */
  readonly json?: boolean;
  /** Says what is wrong with a query, before the handler sees it. */
  readonly query?: (query: Query, minor: number) => Fault | null;
  readonly handle: (ask: Ask<Static<S>>) => Answer | Promise<Answer>;
}

type Common = Omit<Endpoint<TSchema>, 'handle' | 'body'> & {
  readonly body?: Versioned<TSchema> | undefined;
};

export function endpoint<S extends TSchema>(
  about: Endpoint<S>,
): (settings: Settings) => Route<PlacementRooms> {
  const readBody = bodyReader(about.body);
  return (settings) => ({
    method: about.method,
    path: about.path,
    async handle(request, rooms) {
      const version = versionOf(request);
      const minor = version.is === 'done' ? version.value : 0;
      const stopped = beforeBody(about, settings, request);
      if (stopped !== null) return faultResponse(request, stopped, minor);
      const body = readBody(request, minor);
      if (body.is === 'no') {
        const first = about.first;
        const earlier = await rooms.ledger.read(({ books }) => first?.(request, books) ?? null);
        return faultResponse(request, earlier ?? body.why, minor);
      }
      const query = readQuery(request.query);
      const wrong = about.query?.(query, minor) ?? null;
      if (wrong !== null) return faultResponse(request, wrong, minor);
      const ask = { request, minor, body: body.value, query, settings, rooms };
      const answer = await about.handle(ask);
      return answer.is === 'fault' ? faultResponse(request, answer, minor) : answer;
    },
  });
}

/** Who asks, in which version, in which forms; null: go on. */
function beforeBody(about: Common, settings: Settings, request: HttpRequest): Fault | null {
  if (about.rule !== null && request.caller === null) return unauthenticated;
  const version = versionOf(request);
  if (version.is === 'no') return version.why;
  if (version.value < (about.since ?? 0)) return tooOld(about, request);
  if (hasBody(about.body, version.value)) {
    const type = request.headers['content-type'];
    if (type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') return wrongType(type);
  }
  const accept = request.headers['accept'];
  if (about.json === true && accept !== undefined && !acceptsJson(accept)) {
    return fault(406, 'Only application/json is provided');
  }
  return denied(about, settings, request);
}

function denied(about: Common, settings: Settings, request: HttpRequest): Fault | null {
  const { rule, target } = about;
  const { caller } = request;
  if (rule === null || caller === null) return null;
  const asked = target?.(readQuery(request.query)) ?? {
    project_id: caller.project_id ?? undefined,
    user_id: caller.user_id,
  };
  if (settings.policy(rule, caller, asked)) return null;
  return fault(403, `Policy does not allow ${rule} to be performed.`);
}

export const unauthenticated: Fault = {
  ...fault(401, 'Authentication required'),
  headers: { 'www-authenticate': 'Keystone' },
};

function tooOld({ since, before }: Common, { method, path }: HttpRequest): Fault {
  const detail = `${method} ${path} is there from microversion 1.${since} on.`;
  if (before === undefined) return fault(404, detail);
  return { ...fault(405, detail), headers: before };
}

const wrongType = (type: string | undefined): Fault =>
  fault(415, `The media type ${type ?? 'None'} is not supported, use application/json`);

/** A schema that says: there is no body to read in this version. */
export const NoBody = Type.Unknown();

const hasBody = (schema: Versioned<TSchema> | undefined, minor: number): boolean =>
  schema !== undefined && at(schema, minor) !== NoBody;

const at = <S extends TSchema>(schema: Versioned<S>, minor: number): S =>
  typeof schema === 'function' ? schema(minor) : schema;

type BodyReader<S extends TSchema> = (
  request: HttpRequest,
  minor: number,
) => Decision<Static<S>, Fault>;

function bodyReader<S extends TSchema>(schema: Versioned<S> | undefined): BodyReader<S> {
  if (schema === undefined) return () => done(undefined as Static<S>);
  const compiled = new Map<S, ReturnType<typeof Compile>>();
  return (request, minor) => {
    const wanted = at(schema, minor);
    if ((wanted as TSchema) === NoBody) return done(undefined as Static<S>);
    const parsed = parse(request.body);
    if (parsed.is === 'no') return parsed;
    const check = compiled.get(wanted) ?? Compile(wanted);
    compiled.set(wanted, check);
    if (check.Check(parsed.value)) return done(parsed.value as Static<S>);
    return no(fault(400, `JSON does not validate: ${complaintOf(wanted, parsed.value)}`));
  };
}

function parse(body: Uint8Array | null): Decision<unknown, Fault> {
  try {
    return done(JSON.parse(utf8(body ?? new Uint8Array())) as unknown);
  } catch (error) {
    return no(fault(400, `Malformed JSON: ${error instanceof Error ? error.message : ''}`));
  }
}

/** Looks at committed state, and answers from it. */
export const read = (ask: Ask, look: (books: Books) => Answer): Answer | Promise<Answer> =>
  ask.rooms.ledger.read(({ books }) => look(books));

/**
 * Decides and answers in one breath: the answer is made of the draft, so that it shows what this
 * write left behind and not what the next one made of it. A fault takes everything back (L2).
 */
export async function write(ask: Ask, decide: (draft: Draft) => Answer): Promise<Answer> {
  const reply = await ask.rooms.ledger.submit<Answer, Refused>((draft) => {
    const answer = decide(draft);
    return answer.is === 'fault' ? no({ why: 'fault', fault: answer }) : done(answer);
  });
  if (reply.is === 'done') return reply.value;
  if (reply.is === 'lost') return lostWrite;
  return reply.why.why === 'fault' ? reply.why.fault : fault(503, reply.why.message);
}

interface Refused {
  readonly why: 'fault';
  readonly fault: Fault;
}

const lostWrite = fault(
  503,
  'The store did not answer whether this was written. Read the state again before another try.',
);
