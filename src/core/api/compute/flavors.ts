/**
 * Flavors: the sizes that servers come in. A flavor's sizes never change; a server keeps the flavor
 * that it was made with. Below them: extra-specs.ts and flavor-access.ts.
 */
import { type TProperties, Type } from 'typebox';
import { byText } from '../../base/order.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { type FlavorRow, flavors } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type Caller, type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { flavorBrief, flavorView } from './flavor-view.ts';
import { pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { count, countOf, description, Name, Truth, truthIn, truthOf } from './shapes.ts';

const Description = description(65535);
const sizes = {
  name: Name,
  id: Type.Optional(
    Type.Union([
      Type.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$' }),
      Type.Integer(),
      Type.Null(),
    ]),
  ),
  ram: count(1),
  vcpus: count(1),
  disk: count(0),
  swap: Type.Optional(count(0)),
  'OS-FLV-EXT-DATA:ephemeral': Type.Optional(count(0)),
  rxtx_factor: Type.Optional(
    Type.Union([
      Type.Number({ exclusiveMinimum: 0, maximum: 3.4e38 }),
      Type.String({ pattern: '^[0-9]{1,9}([.][0-9]{1,9})?$' }),
    ]),
  ),
  'os-flavor-access:is_public': Type.Optional(Truth),
};
const wrapped = <P extends TProperties>(properties: P) =>
  bodyOf(strict({ flavor: strict(properties) }));
const Create = wrapped(sizes);
const Create55 = wrapped({ ...sizes, description: Type.Optional(Description) });
const Update = wrapped({ description: Description });

/** A flavor that this caller may know of: public, granted to the project, or any for operators. */
export const maySee = (row: FlavorRow, caller: Caller): boolean =>
  row.is_public || isAdmin(caller) || row.access.includes(caller.project_id ?? '');

export function findFlavor(view: View, id = '', caller: Caller): Decision<FlavorRow, Refused> {
  const row = view.rows(flavors).get(id);
  const seen = row !== undefined && maySee(row, caller);
  return seen ? done(row) : refuse(404, `Flavor ${id} could not be found.`);
}

const list =
  (view: typeof flavorView | typeof flavorBrief) =>
  async (ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    const rows = await ledger.read((state) => [...state.rows(flavors).values()]);
    const wanted = filter(ask, rows);
    if (wanted.is === 'no') return answered(wanted, () => fault(500, ''));
    const page = pageOf(ask, wanted.value, (row) => row.id);
    return answered(page, (page) => {
      const items = page.items.map((row) => view(row, ask));
      return json(200, pageView('flavors', items, page));
    });
  };

function filter(ask: Ask, rows: readonly FlavorRow[]): Decision<readonly FlavorRow[], Refused> {
  const shown = publicity(ask);
  if (shown.is === 'no') return shown;
  const least = {
    ram: lastOf(ask.query, 'minRam') ?? '0',
    disk: lastOf(ask.query, 'minDisk') ?? '0',
  };
  if (!/^\d+$/.test(least.ram)) return refuse(400, `Invalid minRam filter [${least.ram}]`);
  if (!/^\d+$/.test(least.disk)) return refuse(400, `Invalid minDisk filter [${least.disk}]`);
  const wanted = rows.filter(
    (row) =>
      shown.value(row) && row.memory_mib >= Number(least.ram) && row.disk_gib >= Number(least.disk),
  );
  return sorted(ask, wanted);
}

/** Only operators may ask for what is not public and not granted to them. */
function publicity({ query, caller }: Ask): Decision<(row: FlavorRow) => boolean, Refused> {
  const project = caller.project_id ?? '';
  const usable = (row: FlavorRow) => row.is_public || row.access.includes(project);
  const asked = lastOf(query, 'is_public');
  if (asked === undefined || !isAdmin(caller)) return done(usable);
  if (asked.toLowerCase() === 'none') return done(() => true);
  const wanted = truthIn(asked);
  if (wanted === null) return refuse(400, `Invalid is_public filter [${asked}]`);
  return done((row) => row.is_public === wanted);
}

const sortKeys: Readonly<Record<string, (row: FlavorRow) => string>> = {
  flavorid: (row) => row.id,
  id: (row) => row.id,
  name: (row) => row.name,
  memory_mb: (row) => padded(row.memory_mib),
  root_gb: (row) => padded(row.disk_gib),
  ephemeral_gb: (row) => padded(row.ephemeral_gib),
  swap: (row) => padded(row.swap_mib),
  vcpus: (row) => padded(row.vcpus),
  created_at: (row) => padded(row.created_at_ms),
  is_public: (row) => String(row.is_public),
};
const padded = (number: number): string => String(number).padStart(16, '0');

function sorted(
  { query }: Ask,
  rows: readonly FlavorRow[],
): Decision<readonly FlavorRow[], Refused> {
  const key = lastOf(query, 'sort_key') ?? 'flavorid';
  const dir = lastOf(query, 'sort_dir') ?? 'asc';
  const of = Object.hasOwn(sortKeys, key) ? sortKeys[key] : undefined;
  if (of === undefined) return refuse(400, `Sort key ${key} is not known.`);
  if (dir !== 'asc' && dir !== 'desc') return refuse(400, `Sort direction ${dir} is not known.`);
  const sign = dir === 'asc' ? 1 : -1;
  return done(rows.toSorted((a, b) => sign * byText(of(a), of(b)) || byText(a.id, b.id)));
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findFlavor(view, ask.params['id'], ask.caller));
  return answered(found, (row) => json(200, { flavor: flavorView(row, ask) }));
}

async function create(ask: Ask, { ledger, entropy }: ComputeRooms): Promise<HttpResponse> {
  const body = (ask.version >= 55 ? Create55 : Create)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const said: FlavorBody = body.value.flavor;
  const id =
    said.id === undefined || said.id === null || said.id === 'auto' ? null : String(said.id);
  const fresh = id ?? entropy.uuid();
  const reply = await ledger.submit((draft) => add(draft, fresh, said));
  return answered(reply, (row) => json(200, { flavor: flavorView(row, ask) }));
}

interface FlavorBody {
  readonly name: string;
  readonly id?: string | number | null;
  readonly ram: number | string;
  readonly vcpus: number | string;
  readonly disk: number | string;
  readonly swap?: number | string;
  readonly 'OS-FLV-EXT-DATA:ephemeral'?: number | string;
  readonly rxtx_factor?: number | string;
  readonly 'os-flavor-access:is_public'?: unknown;
  readonly description?: string | null;
}

function add(draft: Draft, id: string, said: FlavorBody): Decision<FlavorRow, Refused> {
  if (draft.rows(flavors).has(id)) return refuse(409, `Flavor with ID ${id} already exists.`);
  if (draft.rows(flavors).by('name', said.name).length > 0) {
    return refuse(409, `Flavor with name ${said.name} already exists.`);
  }
  const row: FlavorRow = {
    id,
    name: said.name,
    vcpus: countOf(said.vcpus),
    memory_mib: countOf(said.ram),
    disk_gib: countOf(said.disk),
    ephemeral_gib: countOf(said['OS-FLV-EXT-DATA:ephemeral'] ?? 0),
    swap_mib: countOf(said.swap ?? 0),
    rxtx_factor: Number(said.rxtx_factor ?? 1),
    is_public: truthOf(said['os-flavor-access:is_public'] ?? true),
    description: said.description ?? null,
    extra_specs: {},
    access: [],
    created_at_ms: draft.now_ms,
  };
  draft.put(flavors, row);
  return done(row);
}

async function update(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = Update(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { description } = body.value.flavor;
  const reply = await changeFlavor(ask, { ledger }, (row) => done({ ...row, description }));
  return answered(reply, (row) => json(200, { flavor: flavorView(row, ask) }));
}

/** Changes the flavor of the path in one ledger request. */
export function changeFlavor(
  ask: Ask,
  { ledger }: Pick<ComputeRooms, 'ledger'>,
  change: (row: FlavorRow) => Decision<FlavorRow, Refused>,
) {
  return ledger.submit((draft): Decision<FlavorRow, Refused> => {
    const found = findFlavor(draft, ask.params['id'], ask.caller);
    const changed = found.is === 'no' ? found : change(found.value);
    if (changed.is === 'done') draft.put(flavors, changed.value);
    return changed;
  });
}

async function remove(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const found = findFlavor(draft, ask.params['id'], ask.caller);
    if (found.is === 'no') return found;
    draft.remove(flavors, found.value);
    return done(undefined);
  });
  return answered(reply, () => ({ status: 202 }));
}

export const flavorRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/flavors', who: 'reader', handle: list(flavorBrief) },
  { method: 'GET', path: '/flavors/detail', who: 'reader', handle: list(flavorView) },
  { method: 'GET', path: '/flavors/:id', who: 'reader', handle: show },
  { method: 'POST', path: '/flavors', who: 'admin', handle: create },
  { method: 'PUT', path: '/flavors/:id', who: 'admin', from: 55, handle: update },
  { method: 'DELETE', path: '/flavors/:id', who: 'admin', handle: remove },
];
