/**
 * The desk: takes what users ask of servers, and answers before the work is done.
 *
 *   ask ─► one ledger request: the server's row as its owner sees it from now on, and the run's row
 *
 * Ids are drawn before the request, since a request draws no lots (L8). A refusal leaves no trace,
 * except the explanation of one that found no host.
 */
import type { Conductor } from '../conductor/conductor.ts';
import { answer_timeout_ms } from '../conductor/errand.ts';
import type { ResetHow } from '../conductor/reset.ts';
import { isUnderWay, type RunRow, runs } from '../conductor/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Deadline, Order, OrderResult, Transfer } from '../ports/order.ts';
import { type Decision, done, no, type Reply } from '../ports/reply.ts';
import type { Wire } from '../ports/wire.ts';
import type { Action, PowerChange } from '../servers/lifecycle.ts';
import type { Particulars } from '../servers/particulars.ts';
import { admitted } from '../servers/quota.ts';
import { type FlavorRow, type ServerRow, servers } from '../servers/rows.ts';
import { freeOnHost, wrongState } from './begin.ts';
import { createTogether, type DrawnAsk } from './create-many.ts';
import { createServer, STEPS_TO_PLACE } from './create-server.ts';
import { deleteServer } from './delete-server.ts';
import { putAway } from './desk-delete.ts';
import { beginImage } from './desk-image.ts';
import { beginRefit } from './desk-refit.ts';
import { beginEvacuate } from './evacuating.ts';
import type {
  Asker,
  CreateAsk,
  DeleteHow,
  EvacuateTo,
  HowMany,
  ImageWish,
  OperationRefusal,
  Operations,
  RefitWish,
  ResetRefusal,
  Steering,
  UnshelveTo,
} from './operations.ts';
import { beginReset } from './resetting.ts';
import { beginColdMigrate, beginConfirm, beginResize, beginRevert } from './resizing.ts';
import { change, deleteRunOf } from './server.ts';
import { beginOffload, beginShelve, beginUnshelve, type Wanted } from './shelving.ts';
import { steer } from './steering.ts';
import { beginLiveMigrate, beginSwitch } from './switching.ts';
import type { World } from './world.ts';

export interface DeskParts {
  readonly ledger: Ledger;
  readonly conductor: Conductor<World>;
  readonly world: World;
  readonly entropy: Entropy;
  readonly wire: Wire;
}

type Begun = { readonly run_id: string };

export class Desk implements Operations {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  createServers(asks: readonly CreateAsk[]): Promise<Reply<ServerRow[], OperationRefusal>> {
    const drawn = this.#draw(asks);
    return this.#parts.ledger.submit((draft): Decision<ServerRow[], OperationRefusal> => {
      const count = admitted(draft, asks, asks.length);
      if (count.is === 'no') return count;
      const made = drawn.map((one) => this.#create(draft, one).server);
      const [meant] = made.flatMap((server) => this.#notMeant(draft, server) ?? []);
      return meant === undefined ? done(made) : no(meant);
    });
  }

  async createTogether(
    ask: CreateAsk,
    { least, most }: HowMany,
  ): Promise<Reply<ServerRow[], OperationRefusal>> {
    const { ledger, conductor } = this.#parts;
    const drawn = this.#draw(Array.from({ length: most }, () => ask));
    const reply = await ledger.submit((draft) =>
      createTogether(draft, drawn, least, (one, reservation_id) => {
        const { server, run } = this.#create(draft, one, reservation_id);
        return { server, run: conductor.carryOn(draft, run, STEPS_TO_PLACE) };
      }),
    );
    return reply.is === 'done' ? reply.value : reply;
  }

  deleteServer(uuid: string, how: DeleteHow = {}): Promise<Reply<Begun, OperationRefusal>> {
    const { ledger, entropy, world } = this.#parts;
    const run_id = entropy.uuid();
    return ledger.submit(
      (draft) => putAway(draft, world, uuid, run_id, how) ?? this.#delete(draft, uuid, run_id),
    );
  }

  async liveMigrate(
    uuid: string,
    asker: Asker,
    host: string | null,
    deadline: Partial<Deadline> = {},
  ): Promise<Reply<Begun, OperationRefusal>> {
    const reply = await this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginLiveMigrate(draft, world, wanted, host, deadline),
    );
    return reply.is === 'done' ? reply.value : reply;
  }

  switchPower(
    uuid: string,
    asker: Asker,
    to: PowerChange,
  ): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginSwitch(draft, world, wanted, to),
    );
  }

  shelve(uuid: string, asker: Asker): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, beginShelve);
  }

  shelveOffload(uuid: string, asker: Asker): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, beginOffload);
  }

  unshelve(uuid: string, asker: Asker, to: UnshelveTo): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginUnshelve(draft, world, wanted, to),
    );
  }

  async resize(
    uuid: string,
    asker: Asker,
    flavor: FlavorRow,
    said: Partial<Particulars> = {},
  ): Promise<Reply<Begun, OperationRefusal>> {
    const reply = await this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginResize(draft, world, wanted, flavor, said),
    );
    return reply.is === 'done' ? reply.value : reply;
  }

  async coldMigrate(
    uuid: string,
    asker: Asker,
    host: string | null,
  ): Promise<Reply<Begun, OperationRefusal>> {
    const reply = await this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginColdMigrate(draft, world, wanted, host),
    );
    return reply.is === 'done' ? reply.value : reply;
  }

  confirmResize(uuid: string, asker: Asker): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, beginConfirm);
  }

  revertResize(uuid: string, asker: Asker): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, beginRevert);
  }

  evacuate(uuid: string, asker: Asker, to: EvacuateTo): Promise<Reply<Begun, OperationRefusal>> {
    return this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginEvacuate(draft, world, wanted, to),
    );
  }

  createImage(uuid: string, wish: ImageWish) {
    const { ledger, entropy, world } = this.#parts;
    const ids = { run_id: entropy.uuid(), image_id: entropy.uuid() };
    return ledger.submit((draft) => beginImage(draft, world, { uuid, ...ids }, wish));
  }

  /** One ledger request that decides about a server, with a run's id drawn before it. */
  #wanted<T>(
    uuid: string,
    asker: Asker,
    decide: (draft: Draft, world: World, wanted: Wanted) => Decision<T, OperationRefusal>,
  ): Promise<Reply<T, OperationRefusal>> {
    const { ledger, entropy, world } = this.#parts;
    const run_id = entropy.uuid();
    return ledger.submit((draft) => decide(draft, world, { uuid, asker, run_id }));
  }

  refit(uuid: string, wish: RefitWish, asker: Asker): Promise<Reply<ServerRow, OperationRefusal>> {
    return this.#wanted(uuid, asker, (draft, world, wanted) =>
      beginRefit(draft, world, wanted, wish),
    );
  }

  async steerMigration(
    uuid: string,
    run_id: string,
    steering: Steering,
  ): Promise<Reply<void, OperationRefusal>> {
    const { ledger, entropy, wire } = this.#parts;
    const reply = await ledger.submit((draft) => steer(draft, uuid, run_id, steering));
    if (reply.is !== 'done') return reply;
    if (reply.value === null) return done(undefined);
    const { source, sending } = reply.value;
    const key = `steer/${entropy.uuid()}`;
    const order = { verb: 'steer', key, uuid, sending, how: steering.how } as const;
    const told = await wire.ask<'steer'>(source, order, answer_timeout_ms.steer);
    if (told.is === 'done') return done(undefined);
    if (told.is === 'lost') return told;
    return no({ why: 'unfit', message: `Migration ${run_id} is over, or past handing over.` });
  }

  async progressOf(uuid: string): Promise<Transfer | null> {
    const { ledger, entropy, wire } = this.#parts;
    const host = await ledger.read((view) => view.rows(servers).get(uuid)?.host ?? null);
    if (host === null) return null;
    const order = { verb: 'progress', key: `progress/${entropy.uuid()}`, uuid } as const;
    const told = await wire.ask<'progress'>(host, order, answer_timeout_ms.progress);
    return told.is === 'done' ? told.value.transfer : null;
  }

  async changePassword(
    uuid: string,
    asker: Asker,
    password: string,
  ): Promise<Reply<void, OperationRefusal>> {
    const key = `password/${this.#parts.entropy.uuid()}`;
    const order = { verb: 'password', key, uuid, password } as const;
    return this.#reach('change-password', asker, order);
  }

  async crashDump(uuid: string, asker: Asker): Promise<Reply<void, OperationRefusal>> {
    const key = `interrupt/${this.#parts.entropy.uuid()}`;
    return this.#reach('crash-dump', asker, { verb: 'interrupt', key, uuid });
  }

  /** Does something within a guest that leaves no trace in the books. */
  async #reach(
    action: Action,
    asker: Asker,
    order: Extract<Order, { verb: 'password' | 'interrupt' }>,
  ): Promise<Reply<void, OperationRefusal>> {
    const { ledger, wire } = this.#parts;
    const { uuid, verb } = order;
    const found = await ledger.read((view) => freeOnHost(view, uuid, action, asker));
    if (found.is === 'no') return found;
    const told = await wire.ask<typeof verb>(found.value.host, order, answer_timeout_ms[verb]);
    if (told.is === 'done') return done(undefined);
    if (told.is === 'lost') return told;
    const why = told.why.why === 'hypervisor' ? told.why.message : 'its guest is not there';
    return no({ why: 'wrong-state', state: found.value.vm_state, message: `${uuid}: ${why}` });
  }

  resetOperation(run_id: string, how: ResetHow): Promise<Reply<Begun, ResetRefusal>> {
    const { ledger, conductor } = this.#parts;
    return ledger.submit((draft) =>
      beginReset(draft, (...about) => conductor.reset(...about), run_id, how),
    );
  }

  async console(uuid: string): Promise<Reply<string, OperationRefusal>> {
    const seen = await this.#look('console', 'os-getConsoleOutput', uuid);
    return seen.is === 'done' ? done(seen.value.text) : seen;
  }

  async screenshot(uuid: string): Promise<Reply<string, OperationRefusal>> {
    const seen = await this.#look('screenshot', 'screenshot', uuid);
    return seen.is === 'done' ? done(seen.value.png) : seen;
  }

  async #look<V extends 'console' | 'screenshot'>(
    verb: V,
    called: string,
    uuid: string,
  ): Promise<Reply<OrderResult[V], OperationRefusal>> {
    const { ledger, entropy, wire } = this.#parts;
    const server = await ledger.read((view) => view.rows(servers).get(uuid));
    if (server === undefined) return no({ why: 'unknown-server' });
    const { host } = server;
    if (host === null) return no(wrongState(server, called, 'without a host'));
    const key = `${verb}/${entropy.uuid()}`;
    const order = { verb, key, uuid } as Extract<Order, { verb: V }>;
    const told = await wire.ask<V>(host, order, answer_timeout_ms[verb]);
    if (told.is === 'done') return done(told.value);
    if (told.is === 'lost') {
      return no({ why: 'unavailable', message: `The ${verb} of ${uuid} cannot be had now.` });
    }
    return no(wrongState(server, called, server.task_state ?? server.vm_state));
  }

  #draw(asks: readonly CreateAsk[]): readonly DrawnAsk[] {
    const { entropy } = this.#parts;
    return asks.map((ask) => ({ ask, uuid: entropy.uuid(), run_id: entropy.uuid() }));
  }

  /** What is asked for means nothing, on whatever host: its owner is told so at once. */
  #notMeant(draft: Draft, server: ServerRow): OperationRefusal | null {
    const ask = this.#parts.world.scheduler.askFor(draft, server, {
      ignore_hosts: [],
      only_hosts: null,
    });
    return ask.is === 'no' ? { why: 'unfit', message: ask.why } : null;
  }

  #create(draft: Draft, { ask, uuid, run_id }: DrawnAsk, reservation_id: string | null = null) {
    const { image_properties: _, bounds, wait_s, particulars = null, ...asked } = ask;
    const server: ServerRow = {
      ...asked,
      uuid,
      host: null,
      vm_state: 'building',
      task_state: 'scheduling',
      run_id,
      fault: null,
      lock: null,
      reservation_id,
      particulars,
      launched_at_ms: null,
      created_at_ms: draft.now_ms,
      updated_at_ms: draft.now_ms,
    };
    draft.put(servers, server);
    const wait_until_ms = wait_s === undefined ? null : draft.now_ms + wait_s * 1000;
    const more = { ...(bounds && { bounds }), ...(wait_until_ms && { wait_until_ms }) };
    return { server, run: this.#start(draft, createServer.name, uuid, run_id, more) };
  }

  #delete(draft: Draft, uuid: string, run_id: string): Decision<Begun, OperationRefusal> {
    if (!draft.rows(servers).has(uuid)) return no({ why: 'unknown-server' });
    const first = deleteRunOf(draft, uuid);
    if (first !== null) return done({ run_id: first });
    const open = draft.rows(runs).by('server_uuid', uuid).filter(isUnderWay);
    for (const run of open) draft.put(runs, { ...run, cancel_requested: true });
    // Who is at work keeps the fence until it has ended, and hands it over then.
    const fence = open.length === 0 ? { run_id } : {};
    change(draft, uuid, { ...fence, task_state: 'deleting' });
    this.#start(draft, deleteServer.name, uuid, run_id);
    return done({ run_id });
  }

  #start(draft: Draft, saga: string, server_uuid: string, run_id: string, more = {}): RunRow {
    const input = { server_uuid, ...more };
    return this.#parts.conductor.start(draft, saga, input, { server_uuid, run_id });
  }
}
