/**
 * What tests ask of a little world: of its desk, as users do, and of its hosts and books, as
 * operators do. What comes of it is undefined where the process dies first.
 */

import type { Agent } from '../core/agent/agent.ts';
import { Audit } from '../core/agent/audit.ts';
import { Chance } from '../core/base/seeded.ts';
import { assert, present } from '../core/base/units.ts';
import type { ResetHow } from '../core/conductor/reset.ts';
import { applyReport } from '../core/fleet/registry.ts';
import { hosts } from '../core/fleet/rows.ts';
import { disableHost, enableHost, forceDown } from '../core/fleet/status.ts';
import type { Draft } from '../core/ledger/draft.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { type SlotPolicy, slotGroups } from '../core/ledger/rows.ts';
import { silent } from '../core/ports/journal.ts';
import type { Deadline } from '../core/ports/order.ts';
import type { Decision } from '../core/ports/reply.ts';
import { ConfirmDue } from '../core/sagas/confirm-due.ts';
import type { Desk } from '../core/sagas/desk.ts';
import type { Drainer } from '../core/sagas/drainer.ts';
import { needsBy } from '../core/sagas/needs.ts';
import type {
  CreateAsk,
  EvacuateTo,
  ImageWish,
  RefitWish,
  Steering,
  UnshelveTo,
} from '../core/sagas/operations.ts';
import { Reclaimer } from '../core/sagas/reclaimer.ts';
import { Scheduler } from '../core/scheduler/decide.ts';
import type { PowerChange } from '../core/servers/lifecycle.ts';
import type { FlavorRow } from '../core/servers/rows.ts';
import { createAsk, PROJECT, USER } from './asks.ts';
import type { SimClock } from './clock.ts';
import type { SimEntropy } from './entropy.ts';
import { plainFlavors } from './flavors.ts';
import type { SimHypervisor } from './hypervisor.ts';
import type { PlannedWire } from './planned.ts';

const anybody = { bound_by_locks: true };
const plain = createAsk('server', present(plainFlavors[0], 'a flavor'), null, null, new Chance(''));
const plainImage = {
  name: 'image',
  metadata: {},
  project_id: PROJECT,
  user_id: USER,
  backup: null,
};
export const HOSTS = ['h1', 'h2', 'h3'];

export interface LittleHost {
  readonly agent: Agent;
  readonly hypervisor: SimHypervisor;
  reborn(): Agent;
}

/** What a process of now has open. */
export interface LittleRooms {
  readonly ledger: Ledger;
  readonly desk: Desk;
  readonly drainer: Drainer;
}

export abstract class LittleDesk {
  protected abstract readonly hosts: Map<string, LittleHost>;
  /** What servers have where a test names nothing else; undefined: the plainest. */
  protected abstract get flavor(): FlavorRow | undefined;
  protected abstract readonly clock: SimClock;
  protected abstract readonly entropy: SimEntropy;
  protected abstract readonly wire: PlannedWire;
  /** Those of the process of now. */
  protected abstract get rooms(): LittleRooms;
  /** What comes of it; undefined when the process dies first. */
  abstract soon<T>(promise: Promise<T>): Promise<T | undefined>;

  /** The server's UUID; empty when the process died before it could answer. */
  async create(about: Partial<CreateAsk> = {}): Promise<string> {
    const { flavor = plain.flavor } = this;
    const reply = await this.soon(this.rooms.desk.createServers([{ ...plain, flavor, ...about }]));
    return reply?.is === 'done' ? present(reply.value[0], 'a server').uuid : '';
  }

  /** As many of one kind as fit; undefined when the process died before it could answer. */
  async together(least: number, most: number, about: Partial<CreateAsk> = {}) {
    return this.soon(this.rooms.desk.createTogether({ ...plain, ...about }, { least, most }));
  }

  async migrate(uuid: string, host: string | null = null, deadline: Partial<Deadline> = {}) {
    return this.soon(this.rooms.desk.liveMigrate(uuid, anybody, host, deadline));
  }

  async switchPower(uuid: string, to: PowerChange) {
    return this.soon(this.rooms.desk.switchPower(uuid, anybody, to));
  }

  async refit(uuid: string, wish: RefitWish) {
    return this.soon(this.rooms.desk.refit(uuid, wish, anybody));
  }

  async shelve(uuid: string) {
    return this.soon(this.rooms.desk.shelve(uuid, anybody));
  }

  async shelveOffload(uuid: string) {
    return this.soon(this.rooms.desk.shelveOffload(uuid, anybody));
  }

  async unshelve(uuid: string, to: UnshelveTo = { host: null }) {
    return this.soon(this.rooms.desk.unshelve(uuid, anybody, to));
  }

  async resize(uuid: string, flavor: FlavorRow) {
    return this.soon(this.rooms.desk.resize(uuid, anybody, flavor));
  }

  async coldMigrate(uuid: string, host: string | null = null) {
    return this.soon(this.rooms.desk.coldMigrate(uuid, anybody, host));
  }

  async confirmResize(uuid: string) {
    return this.soon(this.rooms.desk.confirmResize(uuid, anybody));
  }

  async revertResize(uuid: string) {
    return this.soon(this.rooms.desk.revertResize(uuid, anybody));
  }

  async steer(uuid: string, run_id: string, steering: Steering) {
    return this.soon(this.rooms.desk.steerMigration(uuid, run_id, steering));
  }

  async progress(uuid: string) {
    return this.soon(this.rooms.desk.progressOf(uuid));
  }

  async evacuate(uuid: string, to: Partial<EvacuateTo> = {}) {
    return this.soon(
      this.rooms.desk.evacuate(uuid, anybody, { host: null, stopped: false, ...to }),
    );
  }

  /** An operator has a stuck operation go on. */
  async reset(run_id: string, how: ResetHow) {
    return this.soon(this.rooms.desk.resetOperation(run_id, how));
  }

  async destroyForGood(uuid: string) {
    return this.soon(this.rooms.desk.deleteServer(uuid, { force: true }));
  }

  /** Moves whose time is up are confirmed. */
  async confirmDue() {
    const { ledger, desk } = this.rooms;
    const due = new ConfirmDue({ ledger, clock: this.clock, operations: desk });
    await this.soon(due.look());
  }

  /** Somebody cuts the host's power, and says so. */
  async fence(host: string): Promise<void> {
    this.kill(host);
    await this.write((draft) => forceDown(draft, host, true));
  }

  /** The host has power again: it reports, and is audited. */
  async comesBack(host: string): Promise<void> {
    const { agent, hypervisor } = present(this.hosts.get(host), host);
    hypervisor.comeBack();
    const report = await this.soon(agent.report());
    assert(report?.is === 'done', 'no report');
    const { ledger } = this.rooms;
    await this.soon(ledger.submit((draft) => applyReport(draft, report.value)));
    await this.audit(host);
  }

  /** What the books say of the host is held against what is there; gives what differs. */
  async audit(host: string) {
    const { ledger } = this.rooms;
    const about = { ledger, wire: this.wire, clock: this.clock, journal: silent };
    const needsOf = needsBy(new Scheduler());
    return this.soon(new Audit({ ...about, needsOf, owner: 'little world' }).host(host));
  }

  /** What was put away so long ago is deleted for good. */
  async reclaim(reclaim_after_s: number): Promise<void> {
    const { ledger, desk } = this.rooms;
    const parts = { ledger, clock: this.clock, operations: desk, reclaim_after_s };
    await this.soon(new Reclaimer(parts).look());
  }

  async createImage(uuid: string, about: Partial<ImageWish> = {}) {
    return this.soon(this.rooms.desk.createImage(uuid, { ...plainImage, ...about }));
  }

  /** A group of servers with that rule; gives its UUID. */
  async group(policy: SlotPolicy, max_per_host = 1): Promise<string> {
    const uuid = this.entropy.uuid();
    await this.regroup(uuid, policy, max_per_host);
    return uuid;
  }

  /** Gives the group that rule. */
  async regroup(uuid: string, policy: SlotPolicy, max_per_host: number): Promise<void> {
    await this.soon(
      this.rooms.ledger.submit((draft) => {
        draft.put(slotGroups, { uuid, policy, max_per_host });
        return { is: 'done', value: undefined };
      }),
    );
  }

  /** The fleet holds the host for down, or for up. */
  async believe(host: string, state: 'up' | 'down'): Promise<void> {
    await this.soon(
      this.rooms.ledger.submit((draft) => {
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
      this.rooms.ledger.submit((draft) => {
        for (const name of closed) disableHost(draft, name, 'as the test wants it');
        return { is: 'done', value: undefined };
      }),
    );
    return closed;
  }

  /** Open again to whatever is new. */
  async open(host: string): Promise<void> {
    await this.write((draft) => enableHost(draft, host));
  }

  /** What an operator writes into the books. */
  async write(decide: (draft: Draft) => Decision<unknown, unknown>): Promise<void> {
    await this.soon(this.rooms.ledger.submit(decide));
  }

  /** Whoever answers orders there by now. */
  protected agentOf(host: string): Agent | undefined {
    const found = this.hosts.get(host);
    return found?.hypervisor.up === true ? found.agent : undefined;
  }

  /** The agent of the host dies, and another begins: it remembers nothing. */
  restartAgent(host: string): void {
    const found = present(this.hosts.get(host), host);
    this.hosts.set(host, { ...found, agent: found.reborn() });
  }

  /** What really runs a host's guests: for what is done there by hand. */
  machine(host: string): SimHypervisor {
    return present(this.hosts.get(host), host).hypervisor;
  }

  /** UUIDs of the guests that are really there. */
  guestsOn(host: string): string[] {
    const { hypervisor } = present(this.hosts.get(host), host);
    return hypervisor.look().map(({ spec }) => spec.uuid);
  }

  /** The host loses power. The fleet does not know it yet. */
  kill(host: string): void {
    present(this.hosts.get(host), host).hypervisor.die();
  }

  /** What operators ask of the drainer of now. */
  get drainer(): Drainer {
    return this.rooms.drainer;
  }
}
