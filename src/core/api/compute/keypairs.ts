/** Keypairs: a user's public keys. Below 2.92 we make a pair for those who send none. */
import { Type } from 'typebox';
import { byText } from '../../base/order.ts';
import { keyOf } from '../../base/table.ts';
import { type KeypairRow, keypairs } from '../../identity/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { overrun } from '../../servers/quota.ts';
import { limitsOf } from '../../servers/quota-rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { micros } from '../times.ts';
import { answered, fault, overQuota } from './faults.ts';
import { pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';

const nameOf = (letters: string) =>
  Type.String({ minLength: 1, maxLength: 255, pattern: `^(?! )[${letters} a-zA-Z0-9_-]+(?<! )$` });
const Key = Type.String({ maxLength: 16384 });
const kind = Type.Optional(Type.Union([Type.Literal('ssh'), Type.Literal('x509')]));
const early = { name: nameOf(''), public_key: Type.Optional(Key) };
const owned = { type: kind, user_id: Type.Optional(Type.String()) };
const Create = bodyOf(strict({ keypair: strict(early) }));
const Create2 = bodyOf(strict({ keypair: strict({ ...early, type: kind }) }));
const Create10 = bodyOf(strict({ keypair: strict({ ...early, ...owned }) }));
const Create92 = bodyOf(
  strict({ keypair: strict({ name: nameOf('@.'), public_key: Key, ...owned }) }),
);

interface Said {
  readonly name: string;
  readonly public_key?: string;
  readonly type?: 'ssh' | 'x509';
  readonly user_id?: string;
}

const brief = (row: KeypairRow, { version }: Ask) => ({
  name: row.name,
  public_key: row.public_key,
  fingerprint: row.fingerprint,
  ...(version >= 2 ? { type: row.type } : {}),
});

const full = (row: KeypairRow, ask: Ask) => ({
  ...brief(row, ask),
  user_id: row.user_id,
  id: row.id,
  created_at: micros(row.created_at_ms),
  updated_at: null,
  deleted: false,
  deleted_at: null,
});

/** Whose keys are asked about: one's own, or (2.10, operators) another's. Null: not allowed. */
function ownerOf({ query, version, caller }: Ask, said?: string): string | null {
  const asked = version >= 10 ? (said ?? lastOf(query, 'user_id')) : undefined;
  const own = asked === undefined || asked === caller.user_id;
  return own ? caller.user_id : isAdmin(caller) ? asked : null;
}

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const owner = ownerOf(ask);
  if (owner === null) return forbidden();
  const rows = await ledger.read((view) => view.rows(keypairs).by('user_id', owner));
  const sorted = rows.toSorted((a, b) => byText(a.name, b.name));
  const paged = ask.version >= 35 ? ask : { ...ask, query: new Map() };
  return answered(
    pageOf(paged, sorted, (row) => row.name),
    (page) => {
      const items = page.items.map((row) => ({ keypair: brief(row, ask) }));
      return json(200, pageView('keypairs', items, page));
    },
  );
}

/** Null: the user has no key of that name. */
export const publicKey = (view: View, user_id: string, name: string | null): string | null =>
  (name !== null && view.rows(keypairs).get(keyOf(user_id, name))?.public_key) || null;

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const owner = ownerOf(ask);
  if (owner === null) return forbidden();
  const { name = '' } = ask.params;
  const row = await ledger.read((view) => view.rows(keypairs).get(keyOf(owner, name)));
  if (row === undefined) return fault(404, `Keypair ${name} not found for user ${owner}`);
  return json(200, { keypair: full(row, ask) });
}

function said({ version, request }: Ask): Decision<Said, string> {
  const read =
    version >= 92 ? Create92 : version >= 10 ? Create10 : version >= 2 ? Create2 : Create;
  const body = read(request.body);
  return body.is === 'no' ? body : done((body.value as { keypair: Said }).keypair);
}

async function create(ask: Ask, { ledger, sshKeys }: ComputeRooms): Promise<HttpResponse> {
  const body = said(ask);
  if (body.is === 'no') return fault(400, body.why);
  const { name, type = 'ssh', public_key, user_id } = body.value;
  const owner = ownerOf(ask, user_id);
  if (owner === null) return forbidden();
  const pair: { public_key: string; private_key?: string } =
    public_key === undefined
      ? await sshKeys.generate(type === 'ssh' ? 'plimsoll' : owner, type)
      : { public_key };
  const fingerprint = sshKeys.fingerprint(pair.public_key, type);
  if (fingerprint === null)
    return fault(400, 'Keypair data is invalid: failed to generate fingerprint');
  const made = { user_id: owner, name, type, public_key: pair.public_key, fingerprint };
  const reply = await ledger.submit((draft): Decision<KeypairRow, Refused> => {
    const shelf = draft.rows(keypairs);
    if (shelf.has(keyOf(owner, name))) return refuse(409, `Key pair '${name}' already exists.`);
    const theirs = shelf.by('user_id', owner);
    const limits = limitsOf(draft, ask.caller.project_id ?? '', owner);
    const over = overrun(limits, 'key_pairs', theirs.length, 1);
    if (over.length > 0) return refuse(403, overQuota(over));
    const id = 1 + theirs.reduce((most, row) => Math.max(most, row.id), 0);
    const row: KeypairRow = { ...made, id, created_at_ms: draft.now_ms };
    draft.put(keypairs, row);
    return done(row);
  });
  const secret = pair.private_key === undefined ? {} : { private_key: pair.private_key };
  return answered(reply, (row) =>
    json(ask.version >= 2 ? 201 : 200, {
      keypair: { ...brief(row, ask), user_id: owner, ...secret },
    }),
  );
}

async function remove(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const owner = ownerOf(ask);
  if (owner === null) return forbidden();
  const { name = '' } = ask.params;
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const row = draft.rows(keypairs).get(keyOf(owner, name));
    if (row === undefined) return refuse(404, `Keypair ${name} not found for user ${owner}`);
    draft.remove(keypairs, row);
    return done(undefined);
  });
  return answered(reply, () => ({ status: ask.version >= 2 ? 204 : 202 }));
}

export const keypairRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-keypairs', who: 'reader', handle: list },
  { method: 'POST', path: '/os-keypairs', who: 'member', handle: create },
  { method: 'GET', path: '/os-keypairs/:name', who: 'reader', handle: show },
  { method: 'DELETE', path: '/os-keypairs/:name', who: 'member', handle: remove },
];
