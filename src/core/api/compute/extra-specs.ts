/**
 * Extra specs of a flavor: what it asks of its host beyond sizes. Text to text.
 *
 * A key of a namespace of ours must be one we know, with a value that it may have; others pass.
 */
import { Type } from 'typebox';
import { type Decision, done } from '../../ports/reply.ts';
import { firstWrong, wrongSpec } from '../../scheduler/specs/check.ts';
import type { FlavorRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { changeFlavor, findFlavor } from './flavors.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

const Key = Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' });
const Value = Type.Union([Type.String({ maxLength: 255 }), Type.Number()]);
const Specs = (more: object = {}) =>
  Type.Record(Key, Value, { additionalProperties: false, ...more });
const Create = bodyOf(strict({ extra_specs: Specs() }));
const Update = bodyOf(Specs({ minProperties: 1, maxProperties: 1 }));

const asText = (specs: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, String(value)]));

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findFlavor(view, ask.params['id'], ask.caller));
  return answered(found, ({ extra_specs }) => json(200, { extra_specs }));
}

async function create(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Create(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const added = asText(body.value.extra_specs);
  const wrong = firstWrong(added, wrongSpec);
  if (wrong !== null) return fault(400, wrong);
  const reply = await changeFlavor(ask, rooms, (row) =>
    done({ ...row, extra_specs: { ...row.extra_specs, ...added } }),
  );
  return answered(reply, () => json(200, { extra_specs: added }));
}

function held({ params }: Ask, row: FlavorRow): Decision<string, Refused> {
  const key = params['key'] ?? '';
  const value = Object.hasOwn(row.extra_specs, key) ? row.extra_specs[key] : undefined;
  if (value !== undefined) return done(value);
  return refuse(404, `Flavor ${row.id} has no extra specs with key ${key}.`);
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findFlavor(view, ask.params['id'], ask.caller));
  const value = found.is === 'no' ? found : held(ask, found.value);
  return answered(value, (text) => json(200, { [ask.params['key'] ?? '']: text }));
}

async function update(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Update(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const changed = asText(body.value);
  if (!Object.hasOwn(changed, ask.params['key'] ?? '')) {
    return fault(400, 'Request body and URI mismatch');
  }
  const wrong = firstWrong(changed, wrongSpec);
  if (wrong !== null) return fault(400, wrong);
  const reply = await changeFlavor(ask, rooms, (row) =>
    done({ ...row, extra_specs: { ...row.extra_specs, ...changed } }),
  );
  return answered(reply, () => json(200, changed));
}

async function remove(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const key = ask.params['key'] ?? '';
  const reply = await changeFlavor(ask, rooms, (row) => {
    const there = held(ask, row);
    if (there.is === 'no') return there;
    const { [key]: _, ...extra_specs } = row.extra_specs;
    return done({ ...row, extra_specs });
  });
  return answered(reply, () => ({ status: 200 }));
}

const ALL = '/flavors/:id/os-extra_specs';
const ONE = '/flavors/:id/os-extra_specs/:key';
export const extraSpecRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ALL, who: 'reader', handle: list },
  { method: 'POST', path: ALL, who: 'admin', handle: create },
  { method: 'GET', path: ONE, who: 'reader', handle: show },
  { method: 'PUT', path: ONE, who: 'admin', handle: update },
  { method: 'DELETE', path: ONE, who: 'admin', handle: remove },
];
