/**
 * One control-plane process, given its ports: the ledger, the scheduler, the conductor with its
 * sagas, the desk where users ask, the muster where hosts report, and the audit that holds them
 * against the books. `main` plugs in the real world, the simulator its own.
 *
 *   R1  every run that a former life left behind is carried on again, once `start` was called;
 *   R2  it may stop at any instant, by `stop` or by a crash: what it leaves is in the store;
 *   R3  where others share the store, each notices what they write within FOLLOW_EVERY, and what
 *       was under way here goes on there: at once after `resign`, after a lease otherwise.
 */

import { Audit } from './agent/audit.ts';
import type { Table } from './base/table.ts';
import { millis } from './base/units.ts';
import { Conductor } from './conductor/conductor.ts';
import type { Owner } from './conductor/leases.ts';
import { conductorTables } from './conductor/rows.ts';
import { Muster } from './fleet/muster.ts';
import { fleetTables, hosts } from './fleet/rows.ts';
import { identityTables } from './identity/rows.ts';
import type { View } from './ledger/draft.ts';
import { Ledger, type Unavailable } from './ledger/ledger.ts';
import { ledgerTables } from './ledger/rows.ts';
import { seedLedger } from './ledger/standard.ts';
import type { Clock } from './ports/clock.ts';
import type { Entropy } from './ports/entropy.ts';
import type { Journal } from './ports/journal.ts';
import { done, type Reply } from './ports/reply.ts';
import type { Store } from './ports/store.ts';
import { type Traces, untraced } from './ports/traces.ts';
import type { Wire } from './ports/wire.ts';
import { allSagas } from './sagas/all.ts';
import { ConfirmDue } from './sagas/confirm-due.ts';
import { type MoveLimits, usualLimits } from './sagas/deadlines.ts';
import { Desk } from './sagas/desk.ts';
import { Drainer } from './sagas/drainer.ts';
import { fenced } from './sagas/evacuate-server.ts';
import { needsBy } from './sagas/needs.ts';
import { Reclaimer } from './sagas/reclaimer.ts';
import { roomWatch } from './sagas/room.ts';
import { ShelfLife } from './sagas/shelf-life.ts';
import type { World } from './sagas/world.ts';
import { choices } from './scheduler/choice-rows.ts';
import { Scheduler, type SchedulerOptions } from './scheduler/decide.ts';
import { explanations } from './scheduler/rows.ts';
import { drains } from './servers/drains.ts';
import { endedServers } from './servers/ended.ts';
import { evacuations } from './servers/evacuations.ts';
import { findings } from './servers/findings.ts';
import { quotaTables } from './servers/quota-rows.ts';
import { resizes } from './servers/resizes.ts';
import { flavors, images, serverGroups, servers } from './servers/rows.ts';
import { shelvedServers } from './servers/shelved.ts';
import { softDeleted } from './servers/soft-deleted.ts';

/** Every room's tables, in the order in which they are loaded. */
export const allTables: readonly Table[] = [
  ...ledgerTables,
  ...fleetTables,
  flavors,
  images,
  servers,
  endedServers,
  shelvedServers,
  softDeleted,
  evacuations,
  findings,
  drains,
  resizes,
  serverGroups,
  ...quotaTables,
  explanations,
  choices,
  ...conductorTables,
  ...identityTables,
] as unknown as readonly Table[];

export interface ReplicaPorts {
  readonly store: Store;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly journal: Journal;
  /** Left out: none are kept. */
  readonly traces?: Traces;
}

export interface ReplicaOptions {
  /** Whether this is the only process that can be at work on the store. */
  readonly sole: boolean;
  /** The version of the store's shape that this program knows; left out: nobody asks. */
  readonly schema_version?: number;
  readonly scheduler?: SchedulerOptions;
  readonly silent_after_ms?: number;
  /** After how long shelved servers leave their hosts; 0 (where left out): at once, -1: never. */
  readonly shelved_offload_s?: number;
  /** Whether a server may be resized beside itself, on its own host; left out: no. */
  readonly resize_to_same_host?: boolean;
  /** After how long a move is confirmed though nobody did; 0 (where left out): never. */
  readonly confirm_window_s?: number;
  /** How long live migrations may take, and what is done then; left out: as is usual. */
  readonly live_migration?: MoveLimits;
  /** For how long a deleted server can be restored; 0 (where left out): not at all. */
  readonly reclaim_after_s?: number;
  /** Fewer than all book steps of a run in one request: only the simulator wants that. */
  readonly steps_per_request_max?: number;
}

interface Watch {
  watch(): Promise<void>;
  stop(): void;
}

export class Replica {
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  readonly conductor: Conductor<World>;
  readonly operations: Desk;
  readonly muster: Muster;
  readonly audit: Audit;
  readonly drainer: Drainer;
  /** Those who look again and again for something to do. */
  readonly #watches: readonly Watch[];

  /** As rows of runs name it. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #journal: Journal;
  #stopped = false;

  private constructor(ledger: Ledger, ports: ReplicaPorts, options: ReplicaOptions) {
    const { wire, clock, entropy, journal, traces = untraced } = ports;
    const owner = ownerOf(entropy.uuid(), options);
    this.ledger = ledger;
    ledger.binding = traces.bind;
    this.name = owner.name;
    this.#clock = clock;
    this.#journal = journal;
    this.scheduler = new Scheduler(options.scheduler);
    const world: World = {
      scheduler: this.scheduler,
      begin: (...about) => void this.conductor.start(...about),
      shelved_offload_s: options.shelved_offload_s ?? 0,
      resize_to_same_host: options.resize_to_same_host ?? false,
      confirm_window_s: options.confirm_window_s ?? 0,
      live_migration: options.live_migration ?? usualLimits,
      reclaim_after_s: options.reclaim_after_s ?? 0,
    };
    this.conductor = new Conductor<World>({
      ledger,
      wire,
      clock,
      journal,
      traces,
      owner,
      world,
      sagas: allSagas,
      unreachable: isDown,
      fenced,
      makesRoom: roomWatch(),
      ...(options.steps_per_request_max !== undefined && {
        steps_per_request_max: options.steps_per_request_max,
      }),
    });
    this.operations = new Desk({ ledger, conductor: this.conductor, world, entropy, wire });
    const { operations } = this;
    this.drainer = new Drainer({ ledger, clock, world, operations });
    const { silent_after_ms } = options;
    this.audit = new Audit({
      ...{ ledger, wire, clock, journal },
      owner: owner.name,
      needsOf: needsBy(this.scheduler),
    });
    this.muster = new Muster({
      ledger,
      clock,
      journal,
      reported: (host) => void this.audit.host(host),
      ...(silent_after_ms === undefined ? {} : { silent_after_ms }),
    });
    const { shelved_offload_s, reclaim_after_s } = world;
    this.#watches = [
      this.muster,
      this.audit,
      new ShelfLife({ ledger, clock, operations, shelved_offload_s }),
      new ConfirmDue({ ledger, clock, operations }),
      new Reclaimer({ ledger, clock, operations, reclaim_after_s }),
      this.drainer,
    ];
  }

  /** Reads what the store holds, and writes the standard names that are missing. */
  static async open(
    ports: ReplicaPorts,
    options: ReplicaOptions,
  ): Promise<Reply<Replica, Unavailable>> {
    const ledger = await Ledger.open(allTables, ports.store, ports.clock);
    const seeded = await seedLedger(ledger);
    return seeded.is === 'done' ? done(new Replica(ledger, ports, options)) : seeded;
  }

  /** Carries on what was begun (R1), and begins to watch the hosts. */
  async start(): Promise<void> {
    this.#journal.info('process begins', { process: this.name });
    await this.conductor.recover();
    if (this.ledger.shared) void this.#follow();
    for (const one of this.#watches) void one.watch();
  }

  /** A store that is away is asked again; a ledger that is broken has told `main`. */
  async #follow(): Promise<void> {
    while (!this.#stopped) {
      await this.ledger.current().catch(() => this.stop());
      await this.#clock.sleep(FOLLOW_EVERY);
    }
  }

  /** Stops, and leaves what is under way to other processes at once (R3). */
  async resign(): Promise<void> {
    this.stop();
    await this.conductor.resign();
  }

  stop(): void {
    this.#stopped = true;
    this.conductor.stop();
    for (const one of this.#watches) one.stop();
  }
}

const ownerOf = (name: string, { sole, schema_version = 0 }: ReplicaOptions): Owner => ({
  name,
  sole,
  schema_version,
});

/** Who asks is brought up to date anyway; this is for those who only listen. */
const FOLLOW_EVERY = millis(250);

function isDown(view: View, host: string): boolean {
  const row = view.rows(hosts).get(host);
  return row === undefined || row.state === 'down' || row.forced_down;
}
