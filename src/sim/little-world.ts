/**
 * A world of three hosts and one server, small enough to be made afresh for every mishap of every
 * step (every-way.ts): real replicas and real agents on simulated disks, machines and time.
 *
 *   test ─► act (create, migrate, delete) ─► run dry ─► what was held up arrives ─► broken()?
 *             process dies ─► the next one is started  ┘
 */
import { Chance } from '../core/base/seeded.ts';
import { assert, present } from '../core/base/units.ts';
import { Conductor } from '../core/conductor/conductor.ts';
import {
  isUnderWay,
  type RunRow,
  type RunStepRow,
  runSteps,
  runs,
} from '../core/conductor/rows.ts';
import type { Saga } from '../core/conductor/saga.ts';
import { applyReport } from '../core/fleet/registry.ts';
import { hosts } from '../core/fleet/rows.ts';
import { checkBooks } from '../core/ledger/audit.ts';
import type { View } from '../core/ledger/draft.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import { seedLedger } from '../core/ledger/standard.ts';
import { silent } from '../core/ports/journal.ts';
import { allTables } from '../core/replica.ts';
import { allSagas } from '../core/sagas/all.ts';
import { usualLimits } from '../core/sagas/deadlines.ts';
import { Desk } from '../core/sagas/desk.ts';
import { Drainer } from '../core/sagas/drainer.ts';
import { fenced } from '../core/sagas/evacuate-server.ts';
import { roomWatch } from '../core/sagas/room.ts';
import type { World } from '../core/sagas/world.ts';
import { Scheduler } from '../core/scheduler/decide.ts';
import { type FlavorRow, servers } from '../core/servers/rows.ts';
import { HostChecker } from './checkers/hosts.ts';
import { SagaChecker } from './checkers/sagas.ts';
import { serversAfter } from './checkers/servers.ts';
import { SimClock } from './clock.ts';
import { simAliases } from './devices.ts';
import { SimEntropy } from './entropy.ts';
import { SimFabric } from './fabric.ts';
import { SimImageFiles } from './image-files.ts';
import { Life, mortal } from './life.ts';
import type { LittleWorldAbout } from './little-about.ts';
import { HOSTS, LittleDesk, type LittleHost, type LittleRooms } from './little-desk.ts';
import { partsOf, watched } from './little-hosts.ts';
import { brokenAtRest } from './little-rest.ts';
import {
  commitOf,
  Fate,
  type Fortune,
  type Plan,
  PlannedStore,
  PlannedWire,
  type Strikes,
} from './planned.ts';
import { simulatedHost } from './simulated-host.ts';
import { SimDisk, SimStore } from './store.ts';
import { Timeline } from './timeline.ts';

interface Process {
  readonly life: Life;
  readonly store: SimStore;
  readonly ledger: Ledger;
  readonly conductor: Conductor<World>;
  readonly desk: Desk;
  readonly drainer: Drainer;
}

/** How long a host is without power, when that is what was planned. */
const POWERLESS_MS = 5_000;
/** Longer than any wait in here, a few times over. */
const LONG_MS = 4 * 3_600_000;

export class LittleWorld extends LittleDesk {
  readonly #about: LittleWorldAbout;
  readonly #timeline = new Timeline();
  protected readonly clock = new SimClock(this.#timeline);
  protected readonly entropy = new SimEntropy(new Chance('little world'));
  readonly disk = new SimDisk();
  readonly #images = new SimImageFiles();
  protected readonly hosts = new Map<string, LittleHost>();
  protected readonly wire: PlannedWire;
  #armed = false;
  fate: Fate;
  #process: Process | null = null;
  #restarting = false;
  #lives = 0;
  commits = 0;
  readonly #said: string[] = [];
  #sagas: readonly Saga<World>[];
  /** Invariants that this test breaks on purpose. */
  excused: readonly string[] = [];
  /** Hosts that lost power, as planned. */
  readonly struckHosts = new Set<string>();
  /** What befalls the world in the instant in which the plan strikes. */
  onStrike: () => void = () => {};

  private constructor(about: LittleWorldAbout) {
    super();
    this.#about = about;
    this.#sagas = about.sagas ?? allSagas;
    this.fate = new Fate([about.plan ?? [], about.also ?? []].flat());
    this.wire = new PlannedWire(this.#strikes, this.#hands, this.clock, (host) =>
      this.agentOf(host),
    );
  }

  static async open(about: LittleWorldAbout): Promise<LittleWorld> {
    const world = new LittleWorld(about);
    const opened = world.#open();
    await world.until(() => opened.finished);
    return world;
  }

  #open(): { finished: boolean } {
    const state = { finished: false };
    void this.#build().then(() => {
      state.finished = true;
    });
    return state;
  }

  async #build(): Promise<void> {
    const fabric = new SimFabric();
    for (const name of this.#about.hosts ?? HOSTS) {
      const uuid = this.entropy.uuid();
      const about = { name, uuid, fabric, clock: this.clock, images: this.#images };
      const made = await simulatedHost({ ...about, ...partsOf(this.#about) });
      this.hosts.set(name, present(made.is === 'done' ? made.value : null, 'a host'));
    }
    await this.start();
    const { ledger } = this.#now;
    await seedLedger(ledger);
    for (const { agent } of this.hosts.values()) {
      const report = await agent.report();
      assert(report.is === 'done', 'no report');
      const { value } = report;
      const taken = await ledger.submit((draft) => applyReport(draft, value));
      assert(taken.is === 'done', 'the report was not taken');
    }
  }

  // ── what the test does ─────────────────────────────────────────────────────────────────────

  /** From now on these are planned. */
  befall(plans: readonly Plan[]): void {
    this.fate = new Fate(plans);
  }

  /** From now on the plan may strike; or no more. */
  arm(armed = true): void {
    this.#armed = armed;
  }

  protected get flavor(): FlavorRow | undefined {
    return this.#about.flavor;
  }

  protected get rooms(): LittleRooms {
    return this.#now;
  }

  /** Asked by a client who asks again until there is an answer. */
  async destroy(uuid: string): Promise<void> {
    await this.until(() => this.#process !== null);
    const state = { answered: false };
    const ask = async () => {
      const reply = await this.#now.desk.deleteServer(uuid);
      state.answered =
        reply.is === 'done' || (reply.is === 'no' && reply.why.why !== 'unavailable');
      if (!state.answered) await ask();
    };
    void ask();
    await this.until(() => state.answered || this.#process === null);
    if (!state.answered) await this.until(() => this.#process !== null);
    if (!state.answered) await this.destroy(uuid);
  }

  /** A delete of every server, for good, arrives, between two events. */
  destroyAll(): void {
    const uuids = [...(this.disk.rows.get(servers.name)?.keys() ?? [])];
    const destroy = (uuid: string) => void this.#now.desk.deleteServer(uuid, { force: true });
    this.between(() => uuids.forEach(destroy));
  }

  /** Something is asked of the process of then, between two events. */
  between(ask: (rooms: LittleRooms) => void, after_ms = 0): void {
    this.#timeline.after(after_ms, () => ask(this.#now));
  }

  /** Lets so much time go by. */
  async wait(span_ms: number): Promise<void> {
    const over = this.#timeline.now_ms + span_ms;
    this.#timeline.after(span_ms, () => {});
    await this.until(() => this.#timeline.now_ms >= over);
  }

  /** Steps until nobody carries a run on, and what was held up has arrived. */
  async rest(): Promise<void> {
    await this.until(() => this.#process !== null && !this.#runs().some(isUnderWay));
    const held = this.wire.held.splice(0);
    const arrived = { count: 0 };
    for (const bring of held) {
      void bring().then(() => {
        arrived.count++;
      });
    }
    await this.until(() => arrived.count === held.length);
    await this.until(() => this.#timeline.next_ms === null);
  }

  async until(finished: () => boolean): Promise<void> {
    const { drain } = this.#about;
    await this.#timeline.run(drain, finished, this.#timeline.now_ms + LONG_MS);
  }

  crash(): void {
    const { life, store } = this.#now;
    life.end();
    store.crash();
    this.#process = null;
    if (this.#restarting) return;
    this.#restarting = true;
    this.#timeline.after(1_000, () => {
      this.#restarting = false;
      void this.start();
    });
  }

  /** The process is replaced by one that knows other sagas: another version of the program. */
  async upgrade(sagas: readonly Saga<World>[] = allSagas): Promise<void> {
    this.#sagas = sagas;
    this.crash();
    await this.until(() => this.#process !== null);
  }

  /** A second process takes everything over; the first finds out only when it writes. */
  takeOver(): void {
    this.#timeline.after(0, () => void this.start());
  }

  async start(): Promise<void> {
    const life = new Life(`process ${++this.#lives}`);
    const clock = mortal(this.clock, life);
    const store = new SimStore(allTables, {}, this.disk);
    const planned = new PlannedStore(
      store,
      this.#strikes,
      this.#hands,
      (line) => this.#placeOf(line),
      () => this.#count(),
    );
    const ledger = await Ledger.open(allTables, mortal(planned, life), clock);
    const world: World = {
      scheduler: new Scheduler({ aliases: simAliases }),
      begin: (...about) => void conductor.start(...about),
      shelved_offload_s: this.#about.shelved_offload_s ?? 0,
      reclaim_after_s: this.#about.reclaim_after_s ?? 0,
      resize_to_same_host: this.#about.resize_to_same_host ?? false,
      confirm_window_s: this.#about.confirm_window_s ?? 0,
      live_migration: usualLimits,
    };
    const conductor: Conductor<World> = this.#conductor(ledger, life, world);
    const desk = new Desk({ ledger, conductor, world, entropy: this.entropy, wire: this.wire });
    this.#watch(ledger);
    const drainer = new Drainer({ ledger, clock, world, operations: desk });
    this.#process = { life, store, ledger, conductor, desk, drainer };
    await conductor.recover();
  }

  #conductor(ledger: Ledger, life: Life, world: World): Conductor<World> {
    const { steps_per_request_max: most } = this.#about;
    return new Conductor<World>({
      ledger,
      sagas: this.#sagas,
      wire: mortal(this.wire, life),
      clock: mortal(this.clock, life),
      journal: silent,
      world,
      owner: { name: life.name, sole: true },
      makesRoom: roomWatch(),
      unreachable: (view, host) => view.rows(hosts).get(host)?.state !== 'up',
      fenced,
      ...(most !== undefined && { steps_per_request_max: most }),
    });
  }

  // ── what must hold ─────────────────────────────────────────────────────────────────────────

  /** Checked at each commit, on the state that it made. */
  #watch(ledger: Ledger): void {
    const view = ledger.read((found) => found) as View;
    const sagas = new SagaChecker(view);
    const machines = new HostChecker(view);
    ledger.subscribe((batch) => {
      // One that was taken over from reads late what the other wrote: hosts are further by then.
      if (this.#process !== null && this.#process.ledger !== ledger) return;
      machines.after(batch);
      this.#about.watching?.(view);
      const said = [
        ...sagas.after(batch),
        ...serversAfter(view, batch),
        ...machines.stand(watched(this.hosts)),
      ];
      for (const { invariant, message } of said) {
        if (!this.excused.includes(invariant)) this.#said.push(`${invariant}: ${message}`);
      }
    });
  }

  /** One sentence for each promise that was broken on the way, or is at the end. */
  broken(): readonly string[] {
    const view = this.view();
    const late =
      view === null
        ? ['no process']
        : [...checkBooks(view), ...brokenAtRest(view, watched(this.hosts), this.#images.ids())];
    return [...new Set([...this.#said, ...late])];
  }

  view(): View | null {
    const { ledger } = this.#process ?? {};
    return ledger === undefined ? null : (ledger.read((found) => found) as View);
  }

  /** Whether the newest run of the saga ended as done, undone or stuck; with its log. */
  ends(saga: string): string {
    return (
      this.#runs()
        .filter((run) => run.saga === saga)
        .map((run) => run.state)
        .join() || 'none'
    );
  }

  log(): string[] {
    const lines = [...(this.disk.rows.get(runSteps.name)?.values() ?? [])] as RunStepRow[];
    return lines.map(
      (line) =>
        `${line.run_id.slice(0, 4)} ${line.position} ${line.name}@${line.round} ${line.state}`,
    );
  }

  #runs = (): RunRow[] => [...(this.disk.rows.get(runs.name)?.values() ?? [])] as RunRow[];

  get #now(): Process {
    return present(this.#process, 'a process');
  }

  /** What comes of it; undefined when the process dies first. */
  async soon<T>(promise: Promise<T>): Promise<T | undefined> {
    const state: { value?: T; known: boolean } = { known: false };
    void promise.then((value) => Object.assign(state, { value, known: true }));
    await this.until(() => state.known || this.#process === null);
    return state.value;
  }

  #count(): Fortune {
    if (!this.#armed) return 'heard';
    this.commits++;
    return this.#about.committed?.(this.commits, this) ?? 'heard';
  }

  /** Strikes only once the world stands as the test wants it. */
  readonly #strikes: Strikes = (place) => {
    const mishap = this.#armed ? this.fate.strikes(place) : null;
    if (mishap !== null) this.#timeline.after(0, () => this.onStrike());
    return mishap;
  };

  readonly #hands = {
    crash: () => this.crash(),
    takeOver: () => this.takeOver(),
    restartAgent: (host: string) => this.restartAgent(host),
    cutPower: (host: string) => this.#cutPower(host),
  };

  /** For a while; the fleet is not told of it. */
  #cutPower(host: string): void {
    this.kill(host);
    this.struckHosts.add(host);
    this.#timeline.after(POWERLESS_MS, () => {
      this.restartAgent(host);
      this.machine(host).comeBack();
    });
  }

  #placeOf(line: RunStepRow): string | null {
    const { plan } = this.fate;
    const run = this.#runs().find(({ id }) => id === line.run_id);
    return run?.saga === plan?.saga ? commitOf(line) : null;
  }
}
