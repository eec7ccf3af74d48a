/**
 * Goal: D1 to D3: a decision made by the ranking is the one that looking at every host gives, can
 * be claimed as it is, and a refusal means that no host fits.
 * Method: play random histories on a small fleet (creates, deletes, hosts that close, move zone,
 * gain and lose traits, are gathered in aggregates, grow and shrink, child providers that come,
 * move and go, servers that are worked on, builds that fail,
 * stretches that are taken back). At each create one
 * scheduler decides by its ranking, a fresh one by a full scan, and a plain judge in this file,
 * which knows no filter, says where it could have gone. Every ranking that is kept is held against
 * the scores of all hosts.
 *
 * Mutants that were caught: no touch when a host's row changes; `seen` moved on without scoring; a
 * round that never ends; ties to the highest id; a heap that does not rise; the walk stopped at the
 * first host that the group refuses; soft members left out; a class key without zone, policy or
 * gathering; a cell used for two nodes of one guest; a node pushed out of its cell for good; each
 * of three filters that lets everything through; a slot without its domain; a cell whose CPUs are
 * not looked at; idle CPUs not claimed; multipliers of aggregates not heard; headroom that does not
 * hear of what is touched, or keeps the largest host that went; a server's work that touches
 * nobody, or only where it went and not where it was; the overhead of the new guest, or of those
 * that are there, not counted.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { never, present } from '../base/units.ts';
import { metadataOfHost } from '../fleet/aggregate-rows.ts';
import { noteBuildFailed, noteBuilt } from '../fleet/health.ts';
import { hosts } from '../fleet/rows.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { changeProvider, createProvider } from '../ledger/provider.ts';
import { inventories, providers } from '../ledger/rows.ts';
import { VCPU } from '../ledger/standard.ts';
import { LIFETIME_KEY } from '../servers/lifetime.ts';
import type { Ask, Placement } from './ask.ts';
import { Scheduler } from './decide.ts';
import {
  type CellShape,
  type Create,
  fleet,
  GROUPS,
  type Move,
  move,
  nodesOf,
  THREADS,
  withCores,
} from './decide-moves.fixture.ts';
import { Headroom } from './headroom.ts';
import { aboutPlain, ask, flavorOf, LittleFleet, serverOf, VGPU } from './little-fleet.fixture.ts';

const TRAIT = 'HW_CPU_X86_AVX2';

const seen = {
  placed: 0,
  refused: 0,
  deleted: 0,
  rolledBack: 0,
  twoNodes: 0,
  pinned: 0,
  idle: 0,
  gpus: 0,
  gathered: 0,
  weighed: 0,
  worked: 0,
  short: 0,
  failed: 0,
  setApart: 0,
  ssds: 0,
  children: 0,
  besides: 0,
  apart: 0,
  one: 0,
  domains: 0,
  near: 0,
  far: 0,
};

const bare = ({ group_uuid, provider_id, member, domain }: Placement['slots'][number]) => ({
  group_uuid,
  provider_id,
  member,
  domain,
});

const slotWanted = ({ group, server_uuid }: Ask, provider_id: number) =>
  group === null
    ? []
    : [
        {
          group_uuid: group.uuid,
          provider_id,
          member: server_uuid,
          domain: group.uuid === 'domains' ? group.domain : '',
        },
      ];

test('the ranking decides as a full scan does, and as a plain judge allows', () => {
  const property = fc.property(
    fleet,
    fc.array(move, { maxLength: 150, size: 'max' }),
    (sizes, moves) => {
      const play = new Play(sizes);
      for (const one of moves) play.step(one);
    },
  );
  fc.assert(property, { numRuns: 150 });
  for (const [what, times] of Object.entries(seen)) ok(times > 0, `never tried: ${what}`);
});

class Play {
  readonly #fleet: LittleFleet;
  readonly #names: readonly string[];
  readonly #scheduler = new Scheduler();
  readonly #headroom: Headroom;
  #alive: string[] = [];
  #saved: { readonly mark: number; readonly alive: string[] } | null = null;
  #count = 0;

  constructor(sizes: readonly (readonly CellShape[])[]) {
    this.#names = sizes.map((_, at) => `host-${at}`);
    this.#fleet = new LittleFleet(
      sizes.map((cells, at) => ({ name: `host-${at}`, cells: cells.map(withCores) })),
    );
    for (const [name, policy] of Object.entries(GROUPS)) this.#fleet.addGroup(name, policy);
    this.#headroom = new Headroom(this.#fleet.draft);
  }

  step(move: Move): void {
    const { draft } = this.#fleet;
    switch (move.do) {
      case 'create':
        this.#create(move);
        break;
      case 'delete':
        this.#delete(move.at);
        break;
      case 'close':
        this.#fleet.say(this.#name(move), { status: move.closed ? 'disabled' : 'enabled' });
        break;
      case 'zone':
        this.#fleet.say(this.#name(move), { availability_zone: move.west ? 'west' : 'nova' });
        break;
      case 'trait':
        this.#fleet.giveTrait(this.#provider(move), TRAIT, move.has);
        break;
      case 'size':
        putInventory(draft, this.#provider(move), {
          ...plainInventory(VCPU, move.vcpus),
          overhead: move.vcpus % 3,
        });
        break;
      case 'child':
        if (move.what === 'give') this.#giveChild(move);
        else this.#takeChild();
        break;
      case 'gather':
        this.#fleet.gather(1 + (move.host % 2), [this.#name(move)], move.says);
        seen.gathered++;
        if (Object.keys(move.says).some((key) => key.includes('weight'))) seen.weighed++;
        break;
      case 'fail':
        if (move.boots) noteBuilt(draft, this.#name(move), move.image);
        else noteBuildFailed(draft, this.#name(move), move.image);
        seen.failed++;
        break;
      case 'work':
        this.#fleet.addServer({
          ...serverOf(`worked on ${move.at}`, flavorOf('any', 1)),
          hints: move.stays === null ? {} : { [LIFETIME_KEY]: move.stays },
          host: this.#name(move),
          task_state: move.busy ? 'spawning' : null,
        });
        seen.worked++;
        break;
      case 'mark':
        this.#saved = { mark: draft.mark, alive: [...this.#alive] };
        break;
      case 'rollback':
        this.#rollback();
        break;
      default:
        never(move);
    }
  }

  #name = ({ host: at }: { host: number }): string =>
    this.#names[at % this.#names.length] as string;
  #provider = (move: { host: number }): number =>
    present(this.#fleet.draft.books.providerNamed(this.#name(move)), 'a host').id;

  #create(move: Create): void {
    const wanted = this.#askOf(move);
    const { draft } = this.#fleet;
    const decided = this.#scheduler.decide(draft, wanted);
    const searched = new Scheduler().scan(draft, wanted);
    deepEqual(decided, searched); // D2
    deepEqual(this.#scheduler.astray(draft), []); // C1
    this.#countHeadroom();
    const possible = this.#names.filter((name) => this.#could(name, wanted));
    if (decided.is === 'no') {
      deepEqual(possible, []);
      equal(decided.why.hosts_total, this.#names.length);
      equal(decided.why.funnel.at(-1)?.out, 0);
      seen.refused++;
      return;
    }
    ok(possible.includes(decided.value.host), `${decided.value.host} could not take it`);
    deepEqual(this.#fleet.claim(wanted.server_uuid, decided.value), {
      is: 'done',
      value: undefined,
    });
    deepEqual(decided.value.slots.map(bare), slotWanted(wanted, decided.value.provider_id));
    this.#alive.push(wanted.server_uuid);
    seen.placed++;
    if (move.nodes === 2) seen.twoNodes++;
    const { pins } = decided.value;
    if (pins.length > 0) seen.pinned++;
    if (pins.some(({ use }) => use === 'idle')) seen.idle++;
    if (move.gpu > 0) seen.gpus++;
    if (move.ssd) seen.ssds++;
    if (this.#says(decided.value.host, 'filter_tenant_id') === 'q') seen.setApart++;
    if (move.group !== null) seen[move.group]++;
  }

  /** HR1 */
  #countHeadroom(): void {
    const fresh = new Headroom(this.#fleet.draft);
    equal(this.#headroom.digest, fresh.digest);
    if (fresh.short.size === 1) seen.short++;
  }

  #askOf(move: Create): Ask {
    const { vcpus, gpu } = move;
    const server_uuid = `server-${this.#count++}`;
    const memory_mib = vcpus * 1024;
    const each = nodesOf(move);
    const pcpus = each.reduce((sum, { pinned }) => sum + (pinned?.vcpus.length ?? 0), 0);
    return ask({
      server_uuid,
      resources: {
        VCPU: vcpus - pcpus,
        PCPU: pcpus,
        MEMORY_MB: memory_mib,
        ...(gpu > 0 && { [VGPU]: gpu }),
      },
      nodes: each,
      required_traits: move.trait === 'required' ? [TRAIT] : [],
      forbidden_traits: move.trait === 'forbidden' ? [TRAIT] : [],
      availability_zone: move.zone,
      ...(move.lifetime !== null && { lifetime: move.lifetime }),
      group: move.group === null ? null : { uuid: move.group, domain: move.domain },
      policy: move.policy,
      about: aboutPlain({
        project_id: move.project_id,
        specs: move.ssd ? { 'aggregate_instance_extra_specs:ssd': 'true' } : {},
      }),
      ignore_hosts: move.bounds === 'ignore' ? [this.#name(move)] : [],
      only_hosts: move.bounds === 'only' ? [this.#name(move)] : null,
    });
  }

  #delete(at: number): void {
    const uuid = this.#alive[at % Math.max(1, this.#alive.length)];
    if (uuid === undefined) return;
    this.#fleet.letGo(uuid);
    this.#alive = this.#alive.filter((other) => other !== uuid);
    seen.deleted++;
  }

  /** A child with a GPU: a new one, or the one there is, moved under this host. */
  #giveChild(move: { host: number }): void {
    const { draft } = this.#fleet;
    const parent_uuid = draft.books.row(this.#provider(move)).uuid;
    const child = draft.books.providerNamed('gpu');
    if (child !== undefined) {
      if ((draft.books.holders[child.id]?.size ?? 0) > 0) return;
      changeProvider(draft, child.id, { parent_uuid });
      return;
    }
    const made = createProvider(draft, { uuid: 'gpu', name: 'gpu', parent_uuid });
    if (made.is === 'no') return;
    const gpus = present(draft.books.classByName.get(VGPU), 'a standard class').id;
    putInventory(draft, made.value.id, plainInventory(gpus, 2));
    seen.children++;
  }

  #takeChild(): void {
    const { draft } = this.#fleet;
    const child = draft.books.providerNamed('gpu');
    if (child === undefined || (draft.books.holders[child.id]?.size ?? 0) > 0) return;
    for (const row of [...(draft.books.inventories[child.id]?.values() ?? [])]) {
      draft.remove(inventories, row);
    }
    draft.remove(providers, child);
  }

  #rollback(): void {
    if (this.#saved === null) return;
    this.#fleet.draft.rollback(this.#saved.mark);
    this.#alive = this.#saved.alive;
    this.#saved = null;
    seen.rolledBack++;
  }

  // ── the judge: what the rows say, in plain words ───────────────────────────────────────────

  #could(name: string, wanted: Ask): boolean {
    const { draft } = this.#fleet;
    const { books } = draft;
    const row = present(draft.rows(hosts).get(name), 'a host');
    const tree = [...books.treeOf(row.provider_id)];
    const trait = present(books.traitByName.get(TRAIT), 'a standard trait').id;
    const has = tree.some((provider) => books.hasTrait(provider, trait));
    return (
      row.status === 'enabled' &&
      (wanted.availability_zone ?? row.availability_zone) === row.availability_zone &&
      !wanted.ignore_hosts.includes(name) &&
      (wanted.only_hosts ?? [name]).includes(name) &&
      (wanted.required_traits.length === 0 || has) &&
      (wanted.forbidden_traits.length === 0 || !has) &&
      Object.entries(wanted.resources).every(
        ([resource, amount]) =>
          amount === 0 || tree.some((provider) => this.#left(provider, resource) >= amount),
      ) &&
      (this.#says(name, 'filter_tenant_id') ?? wanted.about.project_id) ===
        wanted.about.project_id &&
      (Object.keys(wanted.about.specs).length === 0 || this.#says(name, 'ssd') === 'true') &&
      this.#seats(row.provider_id, wanted) &&
      this.#groupAgrees(row.provider_id, wanted)
    );
  }

  /** No two aggregates say different things of one key here. */
  #says(name: string, key: string): string | undefined {
    const all = metadataOfHost(this.#fleet.draft, name);
    return all.find((metadata) => key in metadata)?.[key];
  }

  #left(provider: number, resource: string): number {
    const { books } = this.#fleet.draft;
    const id = present(books.classByName.get(resource), 'a standard class').id;
    const inventory = books.inventory(provider, id);
    const held = [...books.consumers.values()]
      .flatMap(({ allocations }) => allocations)
      .filter((a) => a.provider_id === provider && a.resource_class_id === id);
    const each = inventory?.overhead ?? 0;
    if (each > 0 && held.length > 0) seen.besides++;
    const taken = held.reduce((sum, { used }) => sum + used + each, each);
    return (inventory?.total ?? 0) - taken;
  }

  /** All nodes are alike here, so it is enough to count the cells that could take one. */
  #seats(provider: number, { nodes }: Ask): boolean {
    const [node] = nodes;
    if (node === undefined) return true;
    const { books } = this.#fleet.draft;
    const holds = [...books.consumers.values()].flatMap(({ cellHolds }) => cellHolds);
    const roomy = (books.cells[provider] ?? []).filter(({ row }) => {
      const here = holds.filter((h) => h.provider_id === provider && h.cell === row.cell);
      const vcpus = here.reduce((sum, hold) => sum + hold.vcpus, node.vcpus);
      const memory_mib = here.reduce((sum, hold) => sum + hold.memory_mib, node.memory_mib);
      const fits = vcpus <= row.vcpus && memory_mib <= row.memory_mib;
      return fits && this.#cpus(provider, row.cell, node) >= (node.pinned?.vcpus.length ?? 0);
    });
    return roomy.length >= nodes.length;
  }

  /** How many vCPUs could have a CPU of their own, by what the policy says in so many words. */
  #cpus(provider: number, cell: number, { pinned }: Ask['nodes'][number]): number {
    const { books } = this.#fleet.draft;
    const held = [...books.consumers.values()]
      .flatMap(({ pins }) => pins)
      .filter(({ provider_id }) => provider_id === provider)
      .map(({ cpu }) => cpu);
    const cores = (books.pins.cores[provider] ?? []).find((row) => row.cell === cell)?.cores ?? [];
    const free = cores.map(({ cpus }) => cpus.filter((cpu) => !held.includes(cpu)).length);
    if (pinned?.threads === 'isolate') return free.filter((count) => count === THREADS).length;
    const least = pinned?.threads === 'require' ? 2 : 1;
    return free.filter((count) => count >= least).reduce((sum, count) => sum + count, 0);
  }

  #groupAgrees(provider: number, { group }: Ask): boolean {
    const slots = [...this.#fleet.draft.books.consumers.values()]
      .flatMap((consumer) => consumer.slots)
      .filter((slot) => slot.group_uuid === group?.uuid);
    const here = slots.filter((slot) => slot.provider_id === provider);
    if (group?.uuid === 'apart') return here.length === 0;
    if (group?.uuid === 'one') return here.length === slots.length;
    if (group?.uuid === 'domains') return here.every((slot) => slot.domain === group.domain);
    return true;
  }
}
