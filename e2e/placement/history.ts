/**
 * One history: random requests from a seed, played against both servers, each pair of answers
 * compared.
 *
 *   setup     a fleet: trees, sharing providers, inventories, traits, aggregates
 *   then      writes, moves, reshapes, reads and searches, right and wrong, in any version
 *
 * A difference that has a known reason (differences.ts) is counted; any other is reported. Where
 * one server wrote and the other did not, the rest of the history means nothing: it ends there.
 */
import { candidateRequest } from './candidate-requests.ts';
import { Chance } from './chance.ts';
import { difference, isErrors } from './compare.ts';
import { type Known, known } from './differences.ts';
import { CLASSES, PROVIDERS, TRAITS } from './pool.ts';
import { anyRead } from './read-requests.ts';
import { type Answered, type Asked, send, shown } from './request.ts';
import * as writes from './write-requests.ts';

export interface Played {
  readonly requests: number;
  readonly candidates: number;
  /** By what they are. */
  readonly known: ReadonlyMap<Known, number>;
  readonly unknown: readonly string[];
  readonly statuses: ReadonlyMap<number, number>;
}

interface Pair {
  readonly asked: Asked;
  readonly ours: Answered;
  readonly theirs: Answered;
}

export async function play(
  seed: number,
  length: number,
  ours: string,
  theirs: string,
  hold = false,
): Promise<Played> {
  const game = new Game(seed, ours, theirs);
  await game.setUp();
  while (game.requests < length && !game.over) {
    await game.step();
    if (hold && game.unknown.length > 0) break;
  }
  return game;
}

class Game implements Played {
  readonly #chance: Chance;
  /** Even seeds search most of the time, odd ones change the fleet. */
  readonly #searching: boolean;
  readonly #ours: string;
  readonly #theirs: string;
  #candidate: object | null = null;
  requests = 0;
  candidates = 0;
  over = false;
  readonly known = new Map<Known, number>();
  readonly unknown: string[] = [];
  readonly statuses = new Map<number, number>();

  constructor(seed: number, ours: string, theirs: string) {
    this.#chance = new Chance(seed);
    this.#searching = seed % 2 === 0;
    this.#ours = ours;
    this.#theirs = theirs;
  }

  async setUp(): Promise<void> {
    for (const name of TRAITS.filter((trait) => trait.startsWith('CUSTOM'))) {
      await this.#ask({ method: 'PUT', path: `/traits/${name}`, minor: 39 });
    }
    for (const name of CLASSES.filter((one) => one.startsWith('CUSTOM'))) {
      await this.#ask({ method: 'PUT', path: `/resource_classes/${name}`, minor: 39 });
    }
    for (const [at, uuid] of PROVIDERS.entries()) {
      const parent = at > 0 && this.#chance.happens(0.6) ? this.#chance.whole(0, at - 1) : null;
      const body = {
        name: `name-${at}`,
        uuid,
        parent_provider_uuid: parent === null ? null : PROVIDERS[parent],
      };
      if (this.#chance.happens(0.2)) continue;
      await this.#ask({ method: 'POST', path: '/resource_providers', minor: 39, body });
    }
    for (let count = PROVIDERS.length; count > 0; count--) {
      if (!this.#searching) await this.#ask(await writes.setInventories(this.#chance, this.#seen));
      await this.#ask(await writes.setTraits(this.#chance, this.#seen));
      if (count % 2 === 0) await this.#ask(await writes.setAggregates(this.#chance, this.#seen));
    }
    if (this.#searching) await this.#furnish();
  }

  /** Every provider has something, and enough of it that searches find a lot. */
  async #furnish(): Promise<void> {
    for (const provider of await this.#seen.providers()) {
      await this.#ask(await writes.setInventories(this.#chance, this.#seen, provider));
      if (this.#chance.happens(0.4)) {
        await this.#ask(await writes.setAggregates(this.#chance, this.#seen, provider));
      }
    }
  }

  async step(): Promise<void> {
    const chance = this.#chance;
    const kind = chance.weighted(this.#searching ? searches : weights);
    if (kind === 'candidates') return this.#search();
    const asked = await this.#request(kind);
    await this.#ask(asked);
  }

  async #request(kind: Exclude<keyof typeof weights, 'candidates'>): Promise<Asked> {
    const [chance, seen] = [this.#chance, this.#seen];
    switch (kind) {
      case 'read':
        return anyRead(chance);
      case 'create':
        return writes.createProvider(chance);
      case 'change':
        return writes.changeProvider(chance);
      case 'delete':
        return writes.deleteProvider(chance);
      case 'inventories':
        return writes.setInventories(chance, seen);
      case 'inventory':
        return writes.oneInventory(chance, seen);
      case 'traits':
        return writes.setTraits(chance, seen);
      case 'aggregates':
        return writes.setAggregates(chance, seen);
      case 'name':
        return writes.customName(chance);
      case 'claim':
        return writes.putAllocations(chance, seen, chance.happens(0.7) ? this.#candidate : null);
      case 'move':
        return writes.postAllocations(chance, seen);
      case 'release':
        return writes.deleteAllocations(chance);
      case 'reshape':
        return writes.reshape(chance, seen);
    }
  }

  /** A search, and the same with a limit: as many, and each of them one of all. */
  async #search(): Promise<void> {
    const asked = candidateRequest(this.#chance);
    const { ours } = await this.#ask(asked);
    const all = requestsOf(ours);
    if (all === null) return;
    this.candidates += all.length;
    if (all.length > 0) this.#candidate = allocationsOf(this.#chance.one(all));
    if ((asked.minor ?? 0) < 16 || all.length === 0) return;
    const limit = this.#chance.whole(1, all.length + 1);
    const limited = { ...asked, path: `${asked.path}&limit=${limit}` };
    const some = requestsOf(await send(this.#ours, limited)) ?? [];
    const texts = new Set(all.map((one) => JSON.stringify(one)));
    const right =
      some.length === Math.min(limit, all.length) &&
      some.every((one) => texts.has(JSON.stringify(one)));
    if (!right) this.unknown.push(`${shown(limited)}\n  a limit gives other candidates`);
  }

  async #ask(asked: Asked): Promise<Pair> {
    this.requests++;
    const [ours, theirs] = await Promise.all([send(this.#ours, asked), send(this.#theirs, asked)]);
    this.statuses.set(theirs.status, (this.statuses.get(theirs.status) ?? 0) + 1);
    const pair = { asked, ours, theirs };
    if (process.env['TRACE']) console.log(theirs.status, shown(asked));
    const found = difference(ours, theirs);
    if (found !== null) this.#note(pair, found);
    return pair;
  }

  #note(pair: Pair, found: string): void {
    const { asked, ours, theirs } = pair;
    const reason = known(asked, ours, theirs);
    if (reason !== null) this.known.set(reason, (this.known.get(reason) ?? 0) + 1);
    else {
      const sentences = isErrors(ours.body) || isErrors(theirs.body);
      const more = sentences ? `\n  ${told(ours)}\n  theirs ${told(theirs)}` : '';
      this.unknown.push(`${shown(asked)}\n  ${found}${more}`);
      // What follows a difference in the state is only its echo.
      this.over = !asked.path.startsWith('/allocation_candidates');
    }
    const wrote = (answered: Answered) => asked.method !== 'GET' && answered.status < 300;
    if (wrote(ours) !== wrote(theirs)) this.over = true;
  }

  readonly #seen: writes.Seen = {
    providers: async () => {
      const { theirs } = await this.#ask({ method: 'GET', path: '/resource_providers', minor: 39 });
      const { resource_providers } = theirs.body as { resource_providers: { uuid: string }[] };
      return resource_providers.map(({ uuid }) => uuid).sort();
    },
    generation: async (provider) => {
      const path = `/resource_providers/${provider}`;
      const { theirs } = await this.#ask({ method: 'GET', path, minor: 39 });
      return (theirs.body as { generation?: number }).generation ?? 0;
    },
    consumerGeneration: async (consumer) => {
      const path = `/allocations/${consumer}`;
      const { theirs } = await this.#ask({ method: 'GET', path, minor: 39 });
      return (theirs.body as { consumer_generation?: number }).consumer_generation ?? null;
    },
  };
}

const weights = {
  candidates: 30,
  read: 16,
  create: 3,
  change: 4,
  delete: 2,
  inventories: 6,
  inventory: 5,
  traits: 5,
  aggregates: 4,
  name: 2,
  claim: 14,
  move: 5,
  release: 3,
  reshape: 3,
} as const;

const searches = { ...weights, candidates: 200, delete: 1, inventories: 2 } as const;

interface Candidates {
  readonly allocation_requests?: readonly { readonly allocations: unknown }[];
}
const requestsOf = ({ body }: Answered) => (body as Candidates).allocation_requests ?? null;

/** In the form of 1.12, whatever the version of the search. */
function allocationsOf(request: { readonly allocations: unknown }): object {
  const { allocations } = request;
  if (!Array.isArray(allocations)) return allocations as object;
  return Object.fromEntries(
    allocations.map((one) => [one.resource_provider.uuid, { resources: one.resources }]),
  );
}

/** The sentence of an error, or the body. */
function told({ body }: Answered): string {
  const text = isErrors(body) ? body.errors[0]?.detail : JSON.stringify(body);
  return (text ?? '').replaceAll(/\s+/g, ' ').slice(0, TOLD_MAX);
}
const TOLD_MAX = 300;
