/**
 * Goal: DV1 to DV5 and L2 for devices: through claims by name and by amount, moves of two
 * consumers, refusals, cleaning, and machines that lose, regain and renumber devices, each device
 * has one holder, no kin of it another, what is let go is exactly what was taken, and inventories
 * tell what is free.
 * Method: random steps on one draft beside a plain model of who holds which id; reports go the
 * whole way from a machine through its agent's report into the rows. What the model forbids must be
 * refused and leave no trace.
 * Mutants that were caught: kin of what is held taken; a device that waits to be cleaned taken; a
 * held one that vanished taken away, or given again after; a PF not free again when its last VF is
 * let go while gone; devices kept by who pays no more; a move that has its device cleaned on the
 * way; inventories not counted again after a claim, a report, a cleaning; news of a held device not
 * parked.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { machineOf } from '../../sim/simulated-host.ts';
import { by, byText } from '../base/order.ts';
import type { DeviceFacts } from '../devices/device.ts';
import { cleanDevice } from '../fleet/devices.ts';
import { applyReport } from '../fleet/registry.ts';
import { fleetTables } from '../fleet/rows.ts';
import { checkBooks } from '../ledger/audit.ts';
import { type Claim, claimAll } from '../ledger/claim.ts';
import { Draft } from '../ledger/draft.ts';
import { ledgerTables } from '../ledger/rows.ts';
import { seedStandards, VCPU } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { plainConfig } from './config.ts';
import { devicesAt, type Step, specsOf, step } from './devices.fixture.ts';
import { reportOf } from './report.ts';

interface Known {
  facts: DeviceFacts;
  holder: string | null;
  cleaning: boolean;
  gone: boolean;
}

class Play {
  readonly seen = {
    taken: 0,
    refused: 0,
    barred: 0,
    moved: 0,
    vanished: 0,
    parked: 0,
    cleaned: 0,
    dropped: 0,
  };
  readonly #draft = new Draft(new State([...ledgerTables, ...fleetTables]), 0);
  readonly #known = new Map<string, Known>();

  constructor() {
    seedStandards(this.#draft);
    this.#report([0, 1, 2, 3, 4, 5], 1, 'CUSTOM_GOLD');
  }

  get #books() {
    return this.#draft.books;
  }

  get #host(): number {
    return this.#books.providerNamed('h')?.id ?? -1;
  }

  step(one: Step): void {
    this.#act(one);
    deepEqual(checkBooks(this.#draft), []);
    const held = [...this.#books.devices.holds()].map(({ device, consumer_uuid }) => [
      device,
      consumer_uuid.replace(/ moving$/, ''),
    ]);
    const wanted = [...this.#known].flatMap(([id, { holder }]) =>
      holder === null ? [] : [[id, holder]],
    );
    deepEqual(held.sort(by(([id = '']) => id)), wanted.sort(by(([id = '']) => id as string)));
    const there = this.#books.devices.on(this.#host).map(({ device }) => device);
    deepEqual(there, [...this.#known.keys()].sort(byText));
    const free = this.#books.devices.free(this.#host).map(({ device }) => device);
    deepEqual(free, this.#free());
    this.#checkInventories();
  }

  #act(one: Step): void {
    if (one.is === 'report') this.#report(one.has, one.bus, one.of);
    else if (one.is === 'name') this.#claim(one.who, this.#named(one.at));
    else if (one.is === 'amount') this.#claimAmount(one.who, one.at, one.count);
    else if (one.is === 'move') this.#move(one.who, this.#named(one.at));
    else if (one.is === 'less') this.#less(one.who);
    else if (one.is === 'free') this.#letGo(one.who);
    else this.#clean();
  }

  // ── the model ──────────────────────────────────────────────────────────────────────────────

  #kin(id: string): readonly string[] {
    const own = this.#known.get(id);
    return [...this.#known].flatMap(([other, { facts }]) =>
      facts.parent === id || own?.facts.parent === other ? [other] : [],
    );
  }

  #isFree(id: string, but: string | null = null): boolean {
    const known = this.#known.get(id);
    if (known === undefined) return false;
    const taken = (one: string) => ![null, but].includes(this.#known.get(one)?.holder ?? null);
    if (taken(id) || this.#kin(id).some(taken)) return false;
    return (known.holder !== null && known.holder === but) || !(known.cleaning || known.gone);
  }

  #free = (): readonly string[] =>
    [...this.#known.keys()].filter((id) => this.#isFree(id)).sort(byText);

  #drop(who: string, kept: readonly string[] = []): void {
    for (const [id, known] of this.#known) {
      if (known.holder !== who || kept.includes(id)) continue;
      known.holder = null;
      const row = this.#books.devices.get(this.#host, id);
      if (known.facts.one_time_use) known.cleaning = true;
      else if (known.gone) this.#known.delete(id);
      if (row !== undefined) known.facts = row.facts;
    }
  }

  #named = (at: readonly number[]): readonly string[] => {
    const all = [...this.#known.keys()].sort(byText);
    return [...new Set(at.map((one) => all[one % all.length] as string))];
  };

  // ── what is done to both ───────────────────────────────────────────────────────────────────

  #report(has: readonly number[], bus: number, resource_class: string): void {
    const all = devicesAt(bus).filter((_, at) => has.includes(at));
    const machine = {
      ...machineOf({ cores: 64, memory_mib: 1024, disk_gib: 10 }),
      devices: all.map((one) =>
        all.some(({ address }) => address === one.parent) ? one : { ...one, parent: null },
      ),
    };
    const config = { ...plainConfig, devices: specsOf(resource_class) };
    const report = reportOf({ host: 'h', uuid: 'host', incarnation: 1 }, config, machine, []);
    const before = new Map(this.#books.devices.on(this.#host).map((row) => [row.device, row]));
    const taken = applyReport(this.#draft, report);
    ok(taken.is === 'done');
    deepEqual(taken.value.unknown, []);
    const mark = this.#draft.mark;
    applyReport(this.#draft, report);
    equal(this.#draft.mark, mark, 'the same report again changes nothing');
    this.#learn(report.devices?.pools.flatMap(({ devices }) => devices) ?? []);
    for (const [id, row] of before) {
      const now = this.#books.devices.get(this.#host, id);
      if (this.#known.get(id)?.holder === null || now === undefined) continue;
      deepEqual(now.facts, row.facts, 'what is held does not change');
      if (now.parked !== null) this.seen.parked++;
    }
  }

  #learn(reported: readonly DeviceFacts[]): void {
    for (const facts of reported) {
      const known = this.#known.get(facts.id);
      if (known === undefined) {
        this.#known.set(facts.id, { facts, holder: null, cleaning: false, gone: false });
      } else {
        known.gone = false;
        if (known.holder === null) known.facts = facts;
      }
    }
    for (const [id, known] of this.#known) {
      if (reported.some((one) => one.id === id)) continue;
      if (known.holder !== null) {
        known.gone = true;
        this.seen.vanished++;
      } else if (known.cleaning) known.gone = true;
      else this.#known.delete(id);
    }
  }

  #claimOf(consumer_uuid: string, ids: readonly string[], more: Partial<Claim> = {}): Claim {
    const rows = ids.map((id) =>
      this.#books.devices.heldDevice({ provider_id: this.#host, device: id }),
    );
    const amounts = new Map<string, Claim['amounts'][number]>();
    for (const { pool_id, resource_class_id } of rows) {
      const at = `${pool_id} ${resource_class_id}`;
      const amount = (amounts.get(at)?.amount ?? 0) + 1;
      amounts.set(at, { provider_id: pool_id as number, resource_class_id, amount });
    }
    const cpu = { provider_id: this.#host, resource_class_id: VCPU, amount: 1 };
    const devices = ids.map((device) => ({ provider_id: this.#host, device, request: 'x' }));
    return {
      ...{ consumer_uuid, project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' },
      ...{ amounts: [cpu, ...amounts.values()], devices, whatever_units: true, ...more },
    };
  }

  #picture = (): readonly string[] =>
    [...this.#books.devices.holds(), ...this.#books.devices.on(this.#host)]
      .map((row) => JSON.stringify(row))
      .sort(byText);

  /** Both must say the same; a refusal leaves no trace. */
  #claimed(claims: readonly Claim[], expected: boolean): boolean {
    const mark = this.#draft.mark;
    const before = this.#picture();
    const decision = claimAll(this.#draft, claims);
    equal(decision.is, expected ? 'done' : 'no', JSON.stringify(decision));
    if (decision.is === 'done') return true;
    this.#draft.rollback(mark);
    deepEqual(this.#picture(), before);
    this.seen.refused++;
    return false;
  }

  #claim(who: string, ids: readonly string[]): void {
    const together = ids.every((id) => !this.#kin(id).some((kin) => ids.includes(kin)));
    const possible = together && ids.every((id) => this.#isFree(id, who));
    if (ids.some((id) => this.#kin(id).some((kin) => this.#known.get(kin)?.holder)))
      this.seen.barred++;
    if (!this.#claimed([this.#claimOf(who, ids)], possible)) return;
    this.#drop(who, ids);
    for (const id of ids) (this.#known.get(id) as Known).holder = who;
    this.seen.taken++;
  }

  /** So much of the pool of one device, whichever. */
  #claimAmount(who: string, at: number, count: number): void {
    const [id] = this.#named([at]);
    if (id === undefined) return;
    const row = this.#books.devices.heldDevice({ provider_id: this.#host, device: id });
    const { pool_id, resource_class_id } = row;
    const alike = this.#books.devices
      .inPool(pool_id as number)
      .filter((one) => one.resource_class_id === resource_class_id)
      .map(({ device }) => device);
    const kept = alike.filter((one) => this.#known.get(one)?.holder === who).slice(0, count);
    const others = alike.filter((one) => !kept.includes(one) && this.#isFreeAfter(one, who));
    const amounts = [
      { provider_id: this.#host, resource_class_id: VCPU, amount: 1 },
      { provider_id: pool_id as number, resource_class_id, amount: count },
    ];
    const { devices: _, ...claim } = this.#claimOf(who, []);
    const possible = kept.length + others.length >= count;
    if (!this.#claimed([{ ...claim, amounts }], possible)) return;
    const got = this.#books.consumers.get(who)?.devices.map(({ device }) => device) ?? [];
    equal(got.length, count);
    ok(got.every((one) => kept.includes(one) || others.includes(one)));
    this.#drop(who, got);
    for (const one of got) (this.#known.get(one) as Known).holder = who;
    this.seen.taken++;
  }

  /** Free once `who` has let go of everything, and not merely because it held it itself. */
  #isFreeAfter = (id: string, who: string): boolean => {
    const known = this.#known.get(id) as Known;
    return this.#isFree(id, who) && !known.cleaning && !known.gone;
  };

  /** As a move does it: another consumer holds what it held, and it holds these. */
  #move(who: string, ids: readonly string[]): void {
    const own = [...this.#known].filter(([, { holder }]) => holder === who).map(([id]) => id);
    const all = [...own, ...ids];
    const apart = ids.every((id) => !own.includes(id));
    const together = all.every((id) => !this.#kin(id).some((kin) => all.includes(kin)));
    const possible = apart && together && ids.every((id) => this.#isFree(id, who));
    const claims = [this.#claimOf(`${who} moving`, own), this.#claimOf(who, ids)];
    if (!apart || !this.#claimed(claims, possible)) return;
    equal(this.#books.consumers.get(`${who} moving`)?.devices.length, own.length);
    const back = [
      this.#claimOf(`${who} moving`, [], { amounts: [], devices: [] }),
      this.#claimOf(who, own),
    ];
    ok(claimAll(this.#draft, back).is === 'done');
    for (const id of ids) {
      const known = this.#known.get(id) as Known;
      if (known.facts.one_time_use) known.cleaning = true;
    }
    this.seen.moved++;
  }

  /** Its allocation of devices is taken away by somebody who knows of no devices. */
  #less(who: string): void {
    const own = [...this.#known].filter(([, { holder }]) => holder === who);
    const { devices: _, ...claim } = this.#claimOf(who, []);
    this.#claimed([claim], true);
    if (own.length > 0) this.seen.dropped++;
    this.#drop(who);
  }

  #letGo(who: string): void {
    this.#claimed([this.#claimOf(who, [], { amounts: [], devices: [] })], true);
    this.#drop(who);
  }

  #clean(): void {
    for (const [id, known] of this.#known) {
      const said = cleanDevice(this.#draft, this.#host, id);
      equal(said.is, known.cleaning ? 'done' : 'no');
      if (known.cleaning) this.seen.cleaned++;
      if (known.cleaning && known.gone) this.#known.delete(id);
      known.cleaning = false;
    }
  }

  /** Total, reserved and use of each pool say together how many are free. */
  #checkInventories(): void {
    for (const pool of this.#books.devices.poolsOf(this.#host)) {
      for (const { resource_class_id: id, total, reserved } of this.#books.inventories[
        pool
      ]?.values() ?? []) {
        const alike = this.#books.devices
          .inPool(pool)
          .filter((row) => row.resource_class_id === id);
        const free = alike.filter((row) => this.#isFree(row.device)).length;
        equal(total, alike.length);
        equal(total - reserved - (this.#books.column(id).used[pool] ?? 0), free);
      }
    }
  }
}

test('a device has one holder at most, whatever happens to it', () => {
  const total = { ...new Play().seen };
  const property = fc.property(fc.array(step, { maxLength: 30, size: '+1' }), (steps) => {
    const play = new Play();
    for (const one of steps) play.step(one);
    for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += play.seen[what];
  });
  fc.assert(property, { numRuns: 300 });
  for (const [what, times] of Object.entries(total)) ok(times > 5, `${what}: ${times}`);
});
