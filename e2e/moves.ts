/**
 * A guest that counts and writes while it is moved between two machines, and what must be true of
 * it whenever it has come to rest: for every driver with real guests.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { countedOn } from '../src/real/qemu/small-guest.ts';
import type { Side } from './netns.ts';
import { until } from './product.ts';
import { other, type TwoHosts } from './two-hosts.ts';

export const pause = (span_ms: number) => new Promise((wake) => setTimeout(wake, span_ms));

interface Ended {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly ended_at_ms: number | null;
  readonly downtime_ms: number | null;
}

export class Moves {
  readonly #lab: TwoHosts;
  /** Where it is. */
  side: Side;

  constructor(lab: TwoHosts, side: Side) {
    this.#lab = lab;
    this.side = side;
  }

  lastOn = (on: Side): number => countedOn(this.#lab.consoleOn(on)).last;

  /** It counts on there, by so much. */
  async counts(on: Side, more: number): Promise<void> {
    const from = this.lastOn(on);
    await until(
      async () => this.lastOn(on),
      (last) => last >= from + more,
    );
  }

  migrate() {
    const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
    return this.#lab.api('POST', `/compute/v2.1/servers/${this.#lab.id}/action`, live);
  }

  async #newest(): Promise<Ended> {
    const { api, id: server } = this.#lab;
    const list = await api('GET', `/plimsoll/v1/operations?server=${server}&limit=1`);
    const { id } = list.body.operations[0];
    return (await api('GET', `/plimsoll/v1/operations/${id}`)).body.operation;
  }

  /** Its end; while its control plane is away nobody can say. */
  ended = (): Promise<Ended> =>
    until(
      () => this.#newest().catch(() => ({ ended_at_ms: null }) as Ended),
      ({ ended_at_ms }) => ended_at_ms !== null,
      4_000,
    );

  /** Hosts that the server holds something of, and what of all hosts is held by anybody, in MiB. */
  async #held(): Promise<{ readonly hosts: number; readonly mib: number }> {
    const { api, id } = this.#lab;
    const own = (await api('GET', `/placement/allocations/${id}`)).body.allocations;
    const providers = (await api('GET', '/placement/resource_providers')).body;
    let mib = 0;
    for (const { uuid } of providers.resource_providers) {
      const { usages } = (await api('GET', `/placement/resource_providers/${uuid}/usages`)).body;
      mib += usages.MEMORY_MB ?? 0;
    }
    return { hosts: Object.keys(own).length, mib };
  }

  /** All that must hold once a migration is over, however it went. */
  async settled(): Promise<void> {
    const lab = this.#lab;
    const server = await until(
      () => lab.server(),
      (row) => row.status === 'ACTIVE' && row['OS-EXT-STS:task_state'] === null,
    );
    const on = lab.sideOf(server['OS-EXT-SRV-ATTR:host']);
    const idle = this.lastOn(other(on));
    await this.counts(on, 20);
    equal(this.lastOn(other(on)), idle, 'it counts on both sides');
    const { lost, repeated } = countedOn(lab.consoleOn(on));
    deepEqual({ lost, repeated }, { lost: 0, repeated: 0 });
    deepEqual([lab.qemus(on).length, lab.qemus(other(on)).length], [1, 0], 'processes');
    deepEqual(await this.#held(), { hosts: 1, mib: 128 });
    this.side = on;
  }

  /** Every record up to the last one that it told of is on its disk there. */
  recordsOn(on: Side): void {
    const disk = readFileSync(join(this.#lab.folder(on), 'disk'));
    const last = Math.floor((this.lastOn(on) - 2) / 10) * 10;
    for (let n = 10; n <= last && n * 512 < disk.length; n += 10) {
      equal(disk.toString('latin1', n * 512, n * 512 + 20).split('\n')[0], `record ${n}`);
    }
  }

  /** No tick and no record is missing, and the books are right whenever they are looked at. */
  async thereAndBack(context: TestContext): Promise<void> {
    let looks = 0;
    let over = false;
    const watcher = (async () => {
      for (; !over; looks++) {
        const { hosts, mib } = await this.#held();
        ok(hosts === 1 && (mib === 128 || mib === 256), `${hosts} hosts, ${mib} MiB are held`);
        await pause(100);
      }
    })();
    for (let hop = 0; hop < 2; hop++) {
      equal((await this.migrate()).status, 202);
      const { state, downtime_ms, error } = await this.ended();
      equal(state, 'done', error ?? '');
      await this.settled();
      const { side } = this;
      this.recordsOn(side);
      context.diagnostic(`to ${side}: stood still ${downtime_ms} ms; tick ${this.lastOn(side)}`);
    }
    over = true;
    await watcher;
    ok(looks >= 10, `the watcher looked ${looks} times`);
  }
}

/** Two machines, and a guest that counts on one of them. */
export async function countingGuest(lab: TwoHosts): Promise<Moves> {
  const moves = new Moves(lab, await lab.boot());
  await moves.counts(moves.side, 20);
  return moves;
}
