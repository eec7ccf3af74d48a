/**
 * A world of three hosts and one server, small enough to be made afresh for every mishap of every
 * step (every-way.ts): real replicas and real agents on simulated disks, machines and time.
 *
 *   test ─► act (create, migrate, delete) ─► run dry ─► what was held up arrives ─► broken()?
 *             process dies ─► the next one is started  ┘
 */
import type { Agent } from '../core/agent/agent.ts';
import { Audit } from '../core/agent/audit.ts';
import { Chance } from '../core/base/seeded.ts';
import { assert, present } from '../core/base/units.ts';
import { Conductor } from '../core/conductor/conductor.ts';
import { ended, type RunRow, type RunStepRow, runSteps, runs } from '../core/conductor/rows.ts';
import type { Saga } from '../core/conductor/saga.ts';
import { applyReport } from '../core/fleet/registry.ts';
import { hosts } from '../core/fleet/rows.ts';
import { disableHost, forceDown } from '../core/fleet/status.ts';
import { checkBooks } from '../core/ledger/audit.ts';
import type { Draft, View } from '../core/ledger/draft.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import { type SlotPolicy, slotGroups } from '../core/ledger/rows.ts';
import { seedLedger } from '../core/ledger/standard.ts';
import { silent } from '../core/ports/journal.ts';
import type { Decision } from '../core/ports/reply.ts';
import { allTables } from '../core/replica.ts';
import { allSagas } from '../core/sagas/all.ts';
import { ConfirmDue } from '../core/sagas/confirm-due.ts';
import { Desk } from '../core/sagas/desk.ts';
import { Drainer } from '../core/sagas/drainer.ts';
import type { CreateAsk, ImageWish } from '../core/sagas/operations.ts';
import { Reclaimer } from '../core/sagas/reclaimer.ts';
import { roomWatch } from '../core/sagas/room.ts';
import type { World } from '../core/sagas/world.ts';
import { Scheduler } from '../core/scheduler/decide.ts';
import { type FlavorRow, servers } from '../core/servers/rows.ts';
import { createAsk } from './asks.ts';
import { HostChecker } from './checkers/hosts.ts';
import { SagaChecker } from './checkers/sagas.ts';
import { serversAfter } from './checkers/servers.ts';
import { SimClock } from './clock.ts';
import { SimEntropy } from './entropy.ts';
import { SimFabric } from './fabric.ts';
import { plainFlavors } from './flavors.ts';
import type { SimHypervisor } from './hypervisor.ts';
import { SimImageFiles } from './image-files.ts';
import { Life, mortal } from './life.ts';
import { LittleDesk } from './little-desk.ts';
import { brokenAtRest } from './little-rest.ts';
import { Fate, type Fortune, type Plan, PlannedStore, PlannedWire } from './planned.ts';
import { simulatedHost } from './simulated-host.ts';
import { SimDisk, SimStore } from './store.ts';
import { type Drain, Timeline } from './timeline.ts';

export interface LittleWorldAbout {
  readonly drain: Drain;
  readonly plan?: Plan | null;
  /** Left out: the sagas of the product. Mutants are put in here. */
  readonly sagas?: readonly Saga<World>[];
  /** One: a commit for each step, so that each can be struck. Left out: as in the product. */
  readonly steps_per_request_max?: number;
  /** Left out: shelved servers leave their hosts at once. */
  readonly shelved_offload_s?: number;
  /** Left out: deletes are for good. */
  readonly reclaim_after_s?: number;
  /** Left out: resizes go to another host. */
  readonly resize_to_same_host?: boolean;
  /** Left out: nothing is confirmed by itself. */
  readonly confirm_window_s?: number;
  /** Called with the books after each commit. */
  readonly watching?: (view: View) => void;
  /** Of servers that do not say another; left out: the smallest. */
  readonly flavor?: FlavorRow;
  /** Called after each commit of a process, with how many there were. */
  readonly committed?: (count: number, world: LittleWorld) => Fortune;
}

interface Process {
  readonly life: Life;
  readonly store: SimStore;
  readonly ledger: Ledger;
  readonly conductor: Conductor<World>;
  readonly desk: Desk;
  readonly drainer: Drainer;
}

interface LittleHost {
  readonly agent: Agent;
  readonly hypervisor: SimHypervisor;
}

const plain = createAsk('server', present(plainFlavors[0], 'a flavor'), null, null, new Chance(''));
const HOSTS = ['h1', 'h2', 'h3'];
const { project_id, user_id } = plain;
const plainImage = { name: 'image', metadata: {}, project_id, user_id, backup: null };
/** Longer than any wait in here, a few times over. */
const LONG_MS = 4 * 3_600_000;

export class LittleWorld extends LittleDesk {
  readonly #about: LittleWorldAbout;
  readonly #timeline = new Timeline();
  readonly #clock = new SimClock(this.#timeline);
  readonly #entropy = new SimEntropy(new Chance('little world'));
  readonly #disk = new SimDisk();
  readonly #images = new SimImageFiles();
  readonly #hosts = new Map<string, LittleHost>();
  readonly #wire: PlannedWire;
  #armed = false;
  readonly fate: Fate;
  #process: Process | null = null;
  #restarting = false;
  #lives = 0;
  commits = 0;
  readonly #said: string[] = [];
  #sagas: readonly Saga<World>[];
  /** Invariants that this test breaks on purpose. */
  excused: readonly string[] = [];
  /** What befalls the world in the instant in which the plan strikes. */
  onStrike: () => void = () => {};

  private constructor(about: LittleWorldAbout) {
    super();
    this.#about = about;
    this.#sagas = about.sagas ?? allSagas;
    this.fate = new Fate(about.plan ?? null);
    const hands = { crash: () => this.crash(), takeOver: () => this.takeOver() };
    this.#wire = new PlannedWire(this.#armedFate(), hands, this.#clock, (host) =>
      this.#agent(host),
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
    for (const name of HOSTS) {
      const uuid = this.#entropy.uuid();
      const size = { cores: 8, threads: 2, memory_mib: 9216, disk_gib: 100, pages: { 2048: 512 } };
      const config = { cpu_shared_set: [0, 1, 2, 3], cpu_dedicated_set: [4, 5, 6, 7] };
      const made = await simulatedHost({
        images: this.#images,
        name,
        uuid,
        fabric,
        clock: this.#clock,
        ...size,
        config,
      });
      this.#hosts.set(name, present(made.is === 'done' ? made.value : null, 'a host'));
    }
    await this.start();
    const { ledger } = this.#now;
    await seedLedger(ledger);
    for (const { agent } of this.#hosts.values()) {
      const report = await agent.report();
      assert(report.is === 'done', 'no report');
      const { value } = report;
      const taken = await ledger.submit((draft) => applyReport(draft, value));
      assert(taken.is === 'done', 'the report was not taken');
    }
  }

  // ── what the test does ─────────────────────────────────────────────────────────────────────

  /** From now on the plan may strike. */
  arm(): void {
    this.#armed = true;
  }

  /** From now on it strikes no more. */
  disarm(): void {
    this.#armed = false;
  }

  /** What an operator writes into the books. */
  async write(decide: (draft: Draft) => Decision<unknown, unknown>): Promise<void> {
    await this.soon(this.#now.ledger.submit(decide));
  }

  /** UUIDs of the guests that are really there. */
  guestsOn(host: string): string[] {
    const { hypervisor } = present(this.#hosts.get(host), host);
    return hypervisor.look().map(({ spec }) => spec.uuid);
  }

  /** The server's UUID; empty when the process died before it could answer. */
  async create(about: Partial<CreateAsk> = {}): Promise<string> {
    const { flavor = plain.flavor } = this.#about;
    const reply = await this.soon(this.#now.desk.createServers([{ ...plain, flavor, ...about }]));
    return reply?.is === 'done' ? present(reply.value[0], 'a server').uuid : '';
  }

  /** As many of one kind as fit; undefined when the process died before it could answer. */
  async together(least: number, most: number, about: Partial<CreateAsk> = {}) {
    return this.soon(this.#now.desk.createTogether({ ...plain, ...about }, { least, most }));
  }

  /** Moves whose time is up are confirmed. */
  async confirmDue() {
    const { ledger, desk } = this.#now;
    const due = new ConfirmDue({ ledger, clock: this.#clock, operations: desk });
    await this.soon(due.look());
  }

  protected get desk(): Desk {
    return this.#now.desk;
  }

  /** What operators ask of the drainer of now. */
  get drainer(): Drainer {
    return this.#now.drainer;
  }

  /** Somebody cuts the host's power, and says so. */
  async fence(host: string): Promise<void> {
    this.kill(host);
    await this.write((draft) => forceDown(draft, host, true));
  }

  /** The host has power again: it reports, and is audited. */
  async comesBack(host: string): Promise<void> {
    const { agent, hypervisor } = present(this.#hosts.get(host), host);
    hypervisor.comeBack();
    const report = await this.soon(agent.report());
    assert(report?.is === 'done', 'no report');
    const { ledger } = this.#now;
    await this.soon(ledger.submit((draft) => applyReport(draft, report.value)));
    await this.audit(host);
  }

  /** What the books say of the host is held against what is there; gives what differs. */
  async audit(host: string) {
    const { ledger } = this.#now;
    const about = { ledger, wire: this.#wire, clock: this.#clock, journal: silent };
    return this.soon(new Audit({ ...about, owner: 'little world' }).host(host));
  }

  /** What was put away so long ago is deleted for good. */
  async reclaim(reclaim_after_s: number): Promise<void> {
    const { ledger, desk } = this.#now;
    const parts = { ledger, clock: this.#clock, operations: desk, reclaim_after_s };
    await this.soon(new Reclaimer(parts).look());
  }

  async createImage(uuid: string, about: Partial<ImageWish> = {}) {
    return this.soon(this.#now.desk.createImage(uuid, { ...plainImage, ...about }));
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
    const uuids = [...(this.#disk.rows.get(servers.name)?.keys() ?? [])];
    this.#timeline.after(0, () => {
      for (const uuid of uuids) void this.#now.desk.deleteServer(uuid, { force: true });
    });
  }

  /** The host loses power. The fleet does not know it yet. */
  kill(host: string): void {
    present(this.#hosts.get(host), host).hypervisor.die();
  }

  /** A group of servers with that rule; gives its UUID. */
  async group(policy: SlotPolicy, max_per_host = 1): Promise<string> {
    const uuid = this.#entropy.uuid();
    await this.regroup(uuid, policy, max_per_host);
    return uuid;
  }

  /** Gives the group that rule. */
  async regroup(uuid: string, policy: SlotPolicy, max_per_host: number): Promise<void> {
    await this.soon(
      this.#now.ledger.submit((draft) => {
        draft.put(slotGroups, { uuid, policy, max_per_host });
        return { is: 'done', value: undefined };
      }),
    );
  }

  /** The fleet holds the host for down, or for up. */
  async believe(host: string, state: 'up' | 'down'): Promise<void> {
    await this.soon(
      this.#now.ledger.submit((draft) => {
        const row = present(draft.rows(hosts).get(host), host);
        draft.put(hosts, { ...row, state });
        return { is: 'done', value: undefined };
      }),
    );
  }

  /** Closed to whatever is new there; gives the names of those that were closed. */
  async closeAllBut(open: string | null): Promise<readonly string[]> {
    const closed = HOSTS.filter((name) => name !== open);
    await this.soon(
      this.#now.ledger.submit((draft) => {
        for (const name of closed) disableHost(draft, name, 'as the test wants it');
        return { is: 'done', value: undefined };
      }),
    );
    return closed;
  }

  /** Lets so much time go by. */
  async wait(span_ms: number): Promise<void> {
    const over = this.#timeline.now_ms + span_ms;
    this.#timeline.after(span_ms, () => {});
    await this.until(() => this.#timeline.now_ms >= over);
  }

  /** Steps until every run has ended and what was held up has arrived. */
  async rest(): Promise<void> {
    await this.until(() => this.#allEnded());
    const held = this.#wire.held.splice(0);
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
    const clock = mortal(this.#clock, life);
    const store = new SimStore(allTables, {}, this.#disk);
    const planned = new PlannedStore(
      store,
      this.#armedFate(),
      { crash: () => this.crash(), takeOver: () => this.takeOver() },
      (line) => this.#books(line),
      () => this.#count(),
    );
    const ledger = await Ledger.open(allTables, mortal(planned, life), clock);
    const world: World = {
      scheduler: new Scheduler(),
      begin: (...about) => void conductor.start(...about),
      shelved_offload_s: this.#about.shelved_offload_s ?? 0,
      reclaim_after_s: this.#about.reclaim_after_s ?? 0,
      resize_to_same_host: this.#about.resize_to_same_host ?? false,
      confirm_window_s: this.#about.confirm_window_s ?? 0,
    };
    const conductor: Conductor<World> = this.#conductor(ledger, life, world);
    const desk = new Desk({ ledger, conductor, world, entropy: this.#entropy, wire: this.#wire });
    this.#watch(ledger);
    const drainer = new Drainer({ ledger, clock, world, operations: desk });
    this.#process = { life, store, ledger, conductor, desk, drainer };
    await conductor.recover();
  }

  #conductor(ledger: Ledger, life: Life, world: World): Conductor<World> {
    const { steps_per_request_max } = this.#about;
    return new Conductor<World>({
      ledger,
      sagas: this.#sagas,
      wire: mortal(this.#wire, life),
      clock: mortal(this.#clock, life),
      journal: silent,
      world,
      owner: { name: life.name, sole: true },
      makesRoom: roomWatch(),
      unreachable: (view, host) => view.rows(hosts).get(host)?.state !== 'up',
      ...(steps_per_request_max === undefined ? {} : { steps_per_request_max }),
    });
  }

  // ── what must hold ─────────────────────────────────────────────────────────────────────────

  /** Checked at each commit, on the state that it made. */
  #watch(ledger: Ledger): void {
    const view = ledger.read((found) => found) as View;
    const sagas = new SagaChecker(view);
    const machines = new HostChecker(view);
    ledger.subscribe((batch) => {
      // One that was taken over from reads late what the other wrote: the hosts are further by then.
      if (this.#process !== null && this.#process.ledger !== ledger) return;
      machines.after(batch);
      this.#about.watching?.(view);
      const said = [
        ...sagas.after(batch),
        ...serversAfter(view, batch),
        ...machines.stand(this.#watched()),
      ];
      for (const { invariant, message } of said) {
        if (!this.excused.includes(invariant)) this.#said.push(`${invariant}: ${message}`);
      }
    });
  }

  #watched() {
    return [...this.#hosts].map(([name, { hypervisor }]) => ({
      name,
      guests: hypervisor.look().map(({ spec, power, rescued }) => ({
        uuid: spec.uuid,
        image_id: spec.image_id,
        rescued,
        power,
      })),
      aside: hypervisor.lookAside().map(({ spec }) => spec.uuid),
      specs: [...hypervisor.look(), ...hypervisor.lookAside()].map(({ spec }) => spec),
    }));
  }

  /** One sentence for each promise that was broken on the way, or is at the end. */
  broken(): readonly string[] {
    const view = this.view();
    const late =
      view === null
        ? ['no process']
        : [...checkBooks(view), ...brokenAtRest(view, this.#watched(), this.#images.ids())];
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
    const lines = [...(this.#disk.rows.get(runSteps.name)?.values() ?? [])] as RunStepRow[];
    return lines.map(
      (line) =>
        `${line.run_id.slice(0, 4)} ${line.position} ${line.name}@${line.round} ${line.state}`,
    );
  }

  #runs = (): RunRow[] => [...(this.#disk.rows.get(runs.name)?.values() ?? [])] as RunRow[];

  #allEnded(): boolean {
    return this.#process !== null && this.#runs().every(ended);
  }

  #agent = (host: string): Agent | undefined => {
    const found = this.#hosts.get(host);
    return found?.hypervisor.up === true ? found.agent : undefined;
  };

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
  #armedFate(): Fate {
    const strikes = (step: string) => {
      const mishap = this.#armed ? this.fate.strikes(step) : null;
      if (mishap !== null) this.#timeline.after(0, () => this.onStrike());
      return mishap;
    };
    return { plan: this.fate.plan, struck: 0, strikes };
  }

  #books(line: RunStepRow): boolean {
    const { plan } = this.fate;
    const run = this.#runs().find(({ id }) => id === line.run_id);
    return line.kind !== 'ask' && line.state === 'done' && run?.saga === plan?.saga;
  }
}
