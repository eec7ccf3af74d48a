/**
 * What clients do to a world: each of them thinks, does one thing, sees it through, and goes on.
 *
 * A client behaves as a careful person would. What is `unavailable` it asks again; what is `lost`
 * it first looks for, since it may have happened; and what it was told it writes down (history.ts).
 */
import type { Chance } from '../core/base/seeded.ts';
import { assert } from '../core/base/units.ts';
import type { Deadline } from '../core/ports/order.ts';
import type { Reply } from '../core/ports/reply.ts';
import type { HowMany, OperationRefusal, RefitWish } from '../core/sagas/operations.ts';
import { POWER_CHANGES, type PowerChange } from '../core/servers/lifecycle.ts';
import type { FlavorRow, ServerRow, VmState } from '../core/servers/rows.ts';
import { createAsk, deadlineFrom, type GroupOf } from './asks.ts';
import {
  deviceFlavors,
  exactFlavors,
  mostOf,
  plainFlavors,
  tooLarge,
  twoNodeFlavors,
} from './flavors.ts';
import type { History, Told } from './history.ts';
import { HostWork } from './host-work.ts';
import type { Mix, Options } from './swarm.ts';
import type { Timeline } from './timeline.ts';

/** How often a client asks for one thing before it gives up. */
const TRIES_MAX = 6;

type Begun = Promise<Reply<{ run_id: string }, OperationRefusal>>;

/** What a client may do, each by one question to the control plane. */
export interface Doors {
  create(ask: ReturnType<typeof createAsk>): Promise<Reply<ServerRow, OperationRefusal>>;
  together(
    ask: ReturnType<typeof createAsk>,
    many: HowMany,
  ): Promise<Reply<readonly ServerRow[], OperationRefusal>>;
  destroy(uuid: string): Begun;
  migrate(uuid: string, host: string | null, deadline: Partial<Deadline>): Begun;
  switchPower(uuid: string, change: PowerChange): Begun;
  refit(uuid: string, wish: RefitWish): Begun;
  resize(uuid: string, flavor: FlavorRow): Begun;
  coldMigrate(uuid: string, host: string | null): Begun;
  endMove(uuid: string, how: 'confirmResize' | 'revertResize'): Begun;
  createImage(uuid: string): Begun;
  shelve(uuid: string): Begun;
  unshelve(uuid: string): Begun;
  evacuate(uuid: string, stopped: boolean): Begun;
  /** Cuts the host's power, and says so. */
  fence(host: string): Promise<Reply<unknown, { why: string }>>;
  /** Gives it power again, and says so as soon as it is clean. */
  unfence(host: string): Promise<Reply<unknown, { why: string }>>;
  drain(host: string): Promise<Reply<unknown, { why: string }>>;
  cancelDrain(host: string): Promise<Reply<unknown, { why: string }>>;
  serversOn(host: string): readonly string[];
  readonly setStatus: (
    host: string,
    to: 'enabled' | 'disabled',
  ) => Promise<Reply<unknown, { why: string }>>;
  readonly setRatio: (host: string, ratio: number) => Promise<Reply<unknown, { why: string }>>;
  /** Whether a server of that name is there: what a client sees when it looks. */
  find(name: string): ServerRow | undefined;
}

export interface WorkloadAbout {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly options: Options;
  readonly history: History;
  readonly doors: Doors;
  readonly hosts: readonly string[];
  readonly groups: readonly GroupOf[];
}

const unrescue: RefitWish = { is: 'unrescue' };
const refits: readonly RefitWish[] = [
  { is: 'rebuild', about: { image_id: 'image-1' } },
  { is: 'rebuild', about: { image_id: 'image-2', metadata: { rebuilt: 'yes' } } },
  { is: 'rescue', image_id: null },
  unrescue,
];

const LIVE: ReadonlySet<VmState> = new Set(['active', 'paused']);

const back: Partial<Record<VmState, PowerChange>> = {
  stopped: 'start',
  paused: 'unpause',
  suspended: 'resume',
};

export class Workload {
  readonly #about: WorkloadAbout;
  #left: number;
  #names = 0;
  /** How many clients have not finished. */
  busy: number;

  constructor(about: WorkloadAbout) {
    this.#about = about;
    this.#left = about.options.operations;
    this.busy = about.options.clients;
  }

  get #hostWork(): HostWork {
    this.#work ??= new HostWork({
      ...this.#about,
      deciding: this.#deciding,
      persist: (what, ask) => this.#persist(what, ask),
      begun: (what, uuid, ask) => this.#begun(what, uuid, ask),
      open: (host) => this.#setting(host, 'statuses', 'enabled', this.#about.doors.setStatus),
    });
    return this.#work;
  }

  #work: HostWork | undefined;

  start(): void {
    for (let client = 0; client < this.#about.options.clients; client++) {
      void this.#client(this.#about.chance.fork(`client ${client}`));
    }
  }

  async #client(chance: Chance): Promise<void> {
    const { options, timeline, history } = this.#about;
    while (this.#left-- > 0) {
      await timeline.sleep(chance.between(0, options.think_ms_max));
      history.operations++;
      await this.#act(chance, chance.weighted(options.mix));
    }
    this.busy--;
  }

  #act(chance: Chance, what: keyof Mix): Promise<void> {
    const { groups } = this.#about;
    switch (what) {
      case 'create':
        return this.#create(chance.pick(plainFlavors), null, chance);
      case 'create_two_nodes':
        return this.#create(chance.pick(twoNodeFlavors), null, chance);
      case 'create_with_devices':
        return this.#create(chance.pick(deviceFlavors), null, chance);
      case 'create_exact':
        return this.#create(chance.pick(exactFlavors), null, chance);
      case 'create_in_group':
        return this.#create(chance.pick(plainFlavors), chance.pick(groups), chance);
      case 'create_too_large':
        return this.#create(tooLarge, null, chance);
      case 'create_many':
        return this.#createMany(chance.pick(plainFlavors), chance.pick(groups), chance);
      case 'create_waiting':
        return this.#create(this.#large(), null, chance, chance.pick([20, 300, 86_400]));
      case 'destroy':
        return this.#destroy(this.#any(chance));
      case 'destroy_newest':
        return this.#destroy(this.#living().at(-1)?.uuid ?? null);
      default:
        return this.#change(chance, what);
    }
  }

  /** What is done to servers that are there, and to hosts. */
  #change(
    chance: Chance,
    what: Exclude<keyof Mix, `create${string}` | `destroy${string}`> | 'create_image',
  ): Promise<void> {
    const { hosts, doors } = this.#about;
    switch (what) {
      case 'migrate':
        return this.#migrate(this.#moveable(chance, LIVE), null, chance);
      case 'migrate_to_named':
        return this.#migrate(this.#moveable(chance, LIVE), chance.pick(hosts), chance);
      case 'switch_power':
        return this.#switchPower(this.#any(chance), chance.pick(POWER_CHANGES));
      case 'switch_power_back':
        return this.#switchBack(chance);
      case 'refit':
        return this.#refit(this.#any(chance), chance.pick(refits));
      case 'unrescue':
        return this.#refit(this.#inState('rescued', chance), unrescue);
      case 'create_image':
        return this.#begun('image', this.#any(chance), doors.createImage);
      case 'resize':
        return this.#resize(this.#moveable(chance), chance);
      case 'cold_migrate': {
        const host = chance.happens(300) ? chance.pick(hosts) : null;
        const move = (uuid: string) => doors.coldMigrate(uuid, host);
        return this.#begun('cold migrate', this.#moveable(chance), move);
      }
      case 'end_move': {
        const how = chance.pick(['confirmResize', 'revertResize'] as const);
        return this.#begun(how, this.#inState('resized', chance), (uuid) =>
          doors.endMove(uuid, how),
        );
      }
      case 'shelve':
        return this.#begun('shelve', this.#any(chance), doors.shelve);
      case 'unshelve':
        return this.#begun('unshelve', this.#shelved(chance), doors.unshelve);
      case 'evacuate_host':
        return this.#hostWork.evacuate(chance.pick(hosts), chance);
      case 'drain_host':
        return this.#hostWork.drain(chance.pick(hosts), chance);
      case 'disable_host':
        return this.#setting(chance.pick(hosts), 'statuses', 'disabled', doors.setStatus);
      case 'enable_host':
        return this.#setting(chance.pick(hosts), 'statuses', 'enabled', doors.setStatus);
      case 'change_inventory':
        return this.#setting(
          chance.pick(hosts),
          'ratios',
          chance.pick([1, 1.5, 2, 4]),
          doors.setRatio,
        );
    }
  }

  #refit(uuid: string | null, wish: RefitWish): Promise<void> {
    return this.#begun(wish.is, uuid, (one) => this.#about.doors.refit(one, wish));
  }

  #inState(state: VmState, chance: Chance): string | null {
    const { doors } = this.#about;
    const all = this.#living().filter(({ name }) => doors.find(name)?.vm_state === state);
    return all.length === 0 ? null : chance.pick(all).uuid;
  }

  /** Any server that nobody has deleted yet; null: there is none. */
  #any(chance: Chance): string | null {
    const living = [...this.#about.history.servers.values()].filter(
      (told) => !told.delete_answered,
    );
    return living.length === 0 ? null : chance.pick(living).uuid;
  }

  #living(): Told[] {
    return [...this.#about.history.servers.values()].filter((told) => !told.delete_answered);
  }

  /** Mostly one that may be moved, now and then any: what may not be must be refused. */
  #moveable(chance: Chance, states: ReadonlySet<VmState> = new Set(['active'])): string | null {
    const { history, doors } = this.#about;
    const any = this.#any(chance);
    if (chance.happens(150)) return any;
    const fit = [...history.servers.values()].filter(({ name }) => {
      const state = doors.find(name)?.vm_state;
      return state !== undefined && states.has(state);
    });
    return fit.length === 0 ? any : chance.pick(fit).uuid;
  }

  #large(): FlavorRow {
    const { cells, memory_mib_per_cell } = this.#about.options.shape;
    return mostOf(cells * memory_mib_per_cell);
  }

  async #create(
    flavor: FlavorRow,
    group: GroupOf | null,
    chance: Chance,
    wait_s?: number,
  ): Promise<void> {
    const { doors, history } = this.#about;
    const name = `server-${this.#names++}`;
    const zone = chance.happens(200) ? chance.pick(['nova', 'zone-1']) : null;
    const patience = wait_s === undefined ? {} : { wait_s };
    const ask = { ...createAsk(name, flavor, zone, group, chance), ...patience };
    const reply = await this.#persist('create', () => {
      const found = doors.find(name);
      return found === undefined
        ? doors.create(ask)
        : Promise.resolve({ is: 'done', value: found });
    });
    if (reply?.is === 'done') history.created(reply.value.uuid, name);
  }

  async #createMany(flavor: FlavorRow, group: GroupOf, chance: Chance): Promise<void> {
    const { doors, history } = this.#about;
    const name = `server-${this.#names++}`;
    const least = chance.between(1, 3);
    const many = { least, most: least + chance.between(1, 3) };
    const ask = createAsk(name, flavor, null, chance.happens(500) ? group : null, chance);
    const names = [name, ...Array.from({ length: many.most }, (_, at) => `${name}-${at + 1}`)];
    const reply = await this.#persist('create many', () => {
      const found = names.flatMap((one) => doors.find(one) ?? []);
      return found.length === 0
        ? doors.together(ask, many)
        : Promise.resolve({ is: 'done' as const, value: found });
    });
    if (reply?.is !== 'done') return;
    const count = reply.value.length;
    assert(many.least <= count && count <= many.most, `${count} were made`);
    for (const { uuid, name } of reply.value) history.created(uuid, name);
  }

  async #destroy(uuid: string | null): Promise<void> {
    if (uuid === null) return;
    const { doors, history } = this.#about;
    history.deleteAsked(uuid);
    const reply = await this.#persist('delete', () => doors.destroy(uuid));
    if (reply?.is === 'done') history.deleteAnswered(uuid, reply.value.run_id);
  }

  #migrate(uuid: string | null, host: string | null, chance: Chance): Promise<void> {
    const deadline = deadlineFrom(chance);
    return this.#begun('migrate', uuid, (of) => this.#about.doors.migrate(of, host, deadline));
  }

  async #switchPower(uuid: string | null, change: PowerChange): Promise<void> {
    if (uuid === null) return;
    const reply = await this.#persist(change, () => this.#about.doors.switchPower(uuid, change));
    if (reply?.is === 'done') this.#about.history.runs.add(reply.value.run_id);
  }

  #resize(uuid: string | null, chance: Chance): Promise<void> {
    const flavor = chance.pick([
      ...plainFlavors,
      ...twoNodeFlavors,
      ...exactFlavors,
      ...deviceFlavors,
    ]);
    return this.#begun('resize', uuid, (of) => this.#about.doors.resize(of, flavor));
  }

  /** Has one run again that does not: else all of them would be stopped before long. */
  #switchBack(chance: Chance): Promise<void> {
    const { doors } = this.#about;
    const resting = this.#living().flatMap(({ uuid, name }) => {
      const change = back[doors.find(name)?.vm_state ?? 'deleted'];
      return change === undefined ? [] : [{ uuid, change }];
    });
    if (resting.length === 0) return Promise.resolve();
    const { uuid, change } = chance.pick(resting);
    return this.#switchPower(uuid, change);
  }

  #shelved(chance: Chance): string | null {
    const { doors } = this.#about;
    const there = this.#living().filter(({ name }) =>
      doors.find(name)?.vm_state.startsWith('shelved'),
    );
    return there.length === 0 ? null : chance.pick(there).uuid;
  }

  async #begun(what: string, uuid: string | null, ask: (uuid: string) => Begun): Promise<void> {
    if (uuid === null) return;
    const reply = await this.#persist(what, () => ask(uuid));
    if (reply?.is === 'done') this.#about.history.runs.add(reply.value.run_id);
  }

  /** While it is undecided nobody may rely on either value. */
  async #setting<V>(
    host: string,
    kind: 'statuses' | 'ratios',
    to: V,
    set: (host: string, to: V) => Promise<Reply<unknown, { why: string }>>,
  ): Promise<void> {
    const told = this.#about.history[kind] as Map<string, V | undefined>;
    if (this.#deciding.has(host)) return;
    this.#deciding.add(host);
    const before = told.get(host);
    told.set(host, undefined);
    const reply = await this.#persist(kind, () => set(host, to));
    if (reply?.is === 'done') told.set(host, to);
    else if (reply?.is === 'no' && reply.why.why !== 'unavailable') told.set(host, before);
    this.#deciding.delete(host);
  }

  readonly #deciding = new Set<string>();

  /** Asks again what came to nothing or may have; gives the last reply. */
  async #persist<T, No extends { why: string }>(
    what: string,
    ask: () => Promise<Reply<T, No>>,
  ): Promise<Reply<T, No> | null> {
    let reply: Reply<T, No> | null = null;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      reply = await ask();
      this.#about.history.count(`${what} ${reply.is === 'no' ? reply.why.why : reply.is}`);
      if (reply.is === 'done') return reply;
      if (reply.is === 'no' && reply.why.why !== 'unavailable') return reply;
      await this.#about.timeline.sleep(500 * 2 ** tries);
    }
    return reply;
  }
}
