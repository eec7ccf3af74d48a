/**
 * Random writes. What a request needs to know of the present (a generation, say) it asks `seen`
 * for; now and then it is given something wrong instead.
 */
import type { Chance } from './chance.ts';
import {
  AGGREGATES,
  CLASSES,
  CONSUMERS,
  mostly,
  NOBODY,
  PROJECTS,
  PROVIDERS,
  TRAITS,
  TYPES,
  USERS,
  version,
} from './pool.ts';
import type { Asked } from './request.ts';

/** What is known of the present; both servers agree on it. */
export interface Seen {
  /** Those there are. */
  providers(): Promise<readonly string[]>;
  generation(provider: string): Promise<number>;
  /** Null: nobody. */
  consumerGeneration(consumer: string): Promise<number | null>;
}

const rp = (uuid: string, rest = ''): string => `/resource_providers/${uuid}${rest}`;

export function createProvider(chance: Chance): Asked {
  const minor = version(chance);
  const at = chance.whole(0, PROVIDERS.length - 1);
  const uuid = PROVIDERS[at] as string;
  const body: Record<string, unknown> = { name: `name-${chance.happens(0.95) ? at : 1}`, uuid };
  if ((minor >= 14 || chance.happens(0.02)) && chance.happens(0.65)) {
    body['parent_provider_uuid'] = chance.happens(0.05) ? null : mostly(chance, PROVIDERS);
  }
  return { method: 'POST', path: '/resource_providers', minor, body };
}

export function changeProvider(chance: Chance): Asked {
  const minor = version(chance);
  const uuid = mostly(chance, PROVIDERS);
  const at = PROVIDERS.indexOf(uuid);
  const name = chance.happens(0.2) ? `renamed-${chance.whole(1, 3)}` : `name-${at}`;
  const body: Record<string, unknown> = { name };
  if (chance.happens(0.5)) {
    body['parent_provider_uuid'] = chance.happens(0.2) ? null : mostly(chance, PROVIDERS);
  }
  return { method: 'PUT', path: rp(uuid), minor, body };
}

export const deleteProvider = (chance: Chance): Asked => ({
  method: 'DELETE',
  path: rp(mostly(chance, PROVIDERS)),
  minor: version(chance),
});

function inventory(chance: Chance): Record<string, number> {
  const total = chance.one([1, 2, 4, 8, 8, 16, 100]);
  const more: Record<string, number> = {};
  if (chance.happens(0.2))
    more['reserved'] = chance.whole(0, total + (chance.happens(0.1) ? 1 : 0));
  if (chance.happens(0.15)) more['min_unit'] = chance.whole(1, 3);
  if (chance.happens(0.15)) more['max_unit'] = chance.one([1, 2, 4, 8]);
  if (chance.happens(0.15)) more['step_size'] = chance.whole(1, 3);
  if (chance.happens(0.2)) more['allocation_ratio'] = chance.one([0.5, 1, 1.5, 2, 16, 1.1]);
  if (chance.happens(0.01)) more['extra'] = 1;
  return { total, ...more };
}

const plenty = (chance: Chance) => ({ total: chance.whole(1, 8) });

async function generation(chance: Chance, seen: Seen, uuid: string): Promise<number> {
  const right = await seen.generation(uuid);
  return chance.happens(0.95) ? right : right + 1;
}

export async function setInventories(
  chance: Chance,
  seen: Seen,
  provider?: string,
): Promise<Asked> {
  const uuid = provider ?? mostly(chance, PROVIDERS);
  const classes =
    provider === undefined ? chance.some(CLASSES, 4) : CLASSES.filter(() => chance.happens(0.5));
  const inventories = Object.fromEntries(
    classes.map((name) => [name, provider === undefined ? inventory(chance) : plenty(chance)]),
  );
  const resource_provider_generation = await generation(chance, seen, uuid);
  return {
    method: 'PUT',
    path: rp(uuid, '/inventories'),
    minor: version(chance),
    body: { resource_provider_generation, inventories },
  };
}

export async function oneInventory(chance: Chance, seen: Seen): Promise<Asked> {
  const uuid = mostly(chance, PROVIDERS);
  const name = chance.happens(0.02) ? 'CUSTOM_NONE' : chance.one(CLASSES);
  const minor = version(chance);
  const kind = chance.weighted({ add: 4, change: 3, drop: 2, clear: 0.5 });
  if (kind === 'drop') return { method: 'DELETE', path: rp(uuid, `/inventories/${name}`), minor };
  if (kind === 'clear') return { method: 'DELETE', path: rp(uuid, '/inventories'), minor };
  const amounts = inventory(chance);
  if (kind === 'add') {
    const body = { resource_class: name, ...amounts };
    return { method: 'POST', path: rp(uuid, '/inventories'), minor, body };
  }
  const resource_provider_generation = await generation(chance, seen, uuid);
  const body = { resource_provider_generation, ...amounts };
  return { method: 'PUT', path: rp(uuid, `/inventories/${name}`), minor, body };
}

export async function setTraits(chance: Chance, seen: Seen): Promise<Asked> {
  const uuid = mostly(chance, PROVIDERS);
  const minor = version(chance);
  if (chance.happens(0.1)) return { method: 'DELETE', path: rp(uuid, '/traits'), minor };
  const traits = chance.some(TRAITS, 3);
  if (chance.happens(0.02)) traits.push('CUSTOM_NONE');
  const body = { traits, resource_provider_generation: await generation(chance, seen, uuid) };
  return { method: 'PUT', path: rp(uuid, '/traits'), minor, body };
}

export async function setAggregates(chance: Chance, seen: Seen, provider?: string): Promise<Asked> {
  const uuid = provider ?? mostly(chance, PROVIDERS);
  const minor = version(chance);
  const aggregates = chance.some(AGGREGATES, 2);
  const body =
    minor < 19
      ? aggregates
      : { aggregates, resource_provider_generation: await generation(chance, seen, uuid) };
  return { method: 'PUT', path: rp(uuid, '/aggregates'), minor, body };
}

export function customName(chance: Chance): Asked {
  const minor = version(chance);
  const method = chance.weighted({ PUT: 5, DELETE: 1, GET: 1 });
  if (chance.happens(0.5)) {
    return { method, path: `/traits/${chance.one(TRAITS)}`, minor };
  }
  const name = chance.one(CLASSES);
  const renames = method === 'PUT' && minor >= 2 && minor < 7;
  const body = renames
    ? { body: { name: chance.one(['CUSTOM_C1', 'CUSTOM_C2', 'CUSTOM_C3']) } }
    : {};
  return { method, path: `/resource_classes/${name}`, minor, ...body };
}

// ── allocations ──────────────────────────────────────────────────────────────────────────────

type Held = Record<string, { resources: Record<string, number> }>;

/** On providers that are there: what goes wrong for a consumer that is not leaves a ghost too. */
async function held(chance: Chance, seen: Seen): Promise<Held> {
  const there = await seen.providers();
  const pool = there.length > 0 && chance.happens(0.98) ? there : PROVIDERS;
  const providers = chance.some(pool, 3);
  if (providers.length === 0) providers.push(chance.one(pool));
  if (chance.happens(0.005)) providers.push(NOBODY);
  return Object.fromEntries(
    providers.map((uuid) => {
      const classes = chance.some(CLASSES.slice(0, 4), 2);
      if (classes.length === 0) classes.push('VCPU');
      const amounts = classes.map((name) => [name, chance.one([1, 1, 2, 2, 3, 4])]);
      return [uuid, { resources: Object.fromEntries(amounts) }];
    }),
  );
}

/**
 * Something to hold, or nothing at all. Nothing, for a consumer that is not there, leaves a ghost
 * in the original (differences.ts), after which little of a history can be compared: it is rare.
 */
async function emptied(
  chance: Chance,
  seen: Seen,
  consumer: string,
  probability: number,
): Promise<Held> {
  if (!chance.happens(probability)) return held(chance, seen);
  const there = (await seen.consumerGeneration(consumer)) !== null;
  return there || chance.happens(0.02) ? {} : held(chance, seen);
}

async function consumerPart(
  chance: Chance,
  seen: Seen,
  consumer: string,
  minor: number,
  allocations: object,
): Promise<Record<string, unknown>> {
  const right = await seen.consumerGeneration(consumer);
  const given = chance.happens(0.95) ? right : chance.one([null, 1, 2, 7]);
  return {
    allocations,
    ...(minor >= 8 ? { project_id: chance.one(PROJECTS), user_id: chance.one(USERS) } : {}),
    ...(minor >= 28 ? { consumer_generation: given } : {}),
    ...(minor >= 38 ? { consumer_type: chance.one(TYPES) } : {}),
    ...(chance.happens(0.01) ? { bad_field: 1 } : {}),
  };
}

export async function putAllocations(
  chance: Chance,
  seen: Seen,
  candidate: object | null,
): Promise<Asked> {
  const minor = version(chance);
  const consumer = mostly(chance, CONSUMERS);
  const wanted = candidate ?? (await emptied(chance, seen, consumer, 0.06));
  const allocations =
    minor >= 12
      ? wanted
      : Object.entries(wanted).map(([uuid, { resources }]) => ({
          resource_provider: { uuid },
          resources,
        }));
  // In a list one provider may come twice.
  if (Array.isArray(allocations) && chance.happens(0.05)) allocations.push(...allocations);
  const body = await consumerPart(chance, seen, consumer, minor, allocations);
  return { method: 'PUT', path: `/allocations/${consumer}`, minor, body };
}

export async function postAllocations(chance: Chance, seen: Seen): Promise<Asked> {
  const minor = Math.max(13, version(chance));
  const body: Record<string, unknown> = {};
  for (const consumer of chance.some(CONSUMERS, 3)) {
    const wanted = await emptied(chance, seen, consumer, 0.3);
    body[consumer] = await consumerPart(chance, seen, consumer, minor, wanted);
  }
  return { method: 'POST', path: '/allocations', minor, body };
}

export const deleteAllocations = (chance: Chance): Asked => ({
  method: 'DELETE',
  path: `/allocations/${mostly(chance, CONSUMERS)}`,
  minor: version(chance),
});

export async function reshape(chance: Chance, seen: Seen): Promise<Asked> {
  const minor = Math.max(30, version(chance));
  const inventories: Record<string, unknown> = {};
  for (const uuid of chance.some(PROVIDERS, 3)) {
    const named = chance.some(CLASSES, 3).map((name) => [name, inventory(chance)]);
    inventories[uuid] = {
      resource_provider_generation: await generation(chance, seen, uuid),
      inventories: Object.fromEntries(named),
    };
  }
  const allocations: Record<string, unknown> = {};
  for (const consumer of chance.some(CONSUMERS, 3)) {
    const wanted = await emptied(chance, seen, consumer, 0.3);
    allocations[consumer] = await consumerPart(chance, seen, consumer, minor, wanted);
  }
  return { method: 'POST', path: '/reshaper', minor, body: { inventories, allocations } };
}
