/**
 * The faults: one after another, each drawn by lot, held for a while and mended; and how long the
 * operations of a process that was struck waited until another took them over.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Books } from './books.ts';
import type { Agents, Cluster, Plane } from './cluster.ts';
import { now_ms } from './history.ts';
import { pause } from './load.ts';

/** How long a process that was killed, stopped or cut off is watched. */
const WATCHED_MS = 30_000;
const BETWEEN_MS = 2_500;

export type Fault = keyof typeof ways;

export class Faults {
  readonly #cluster: Cluster;
  readonly #lot: () => number;
  readonly #tell: (line: string) => void;
  readonly count = new Map<Fault, number>();
  readonly #watches: Promise<void>[] = [];
  readonly wrongs: string[] = [];
  longest_takeover_ms = 0;
  takeovers = 0;

  constructor(cluster: Cluster, lot: () => number, tell: (line: string) => void) {
    this.#cluster = cluster;
    this.#lot = lot;
    this.#tell = tell;
  }

  /** Strikes until `end_ms`; everything is mended afterwards. */
  async strike(end_ms: number): Promise<void> {
    const names = Object.keys(ways) as Fault[];
    const plan: Fault[] = [];
    while (now_ms() < end_ms) {
      // Each in turn, in an order of its own each time, so that none is left out by lot.
      if (plan.length === 0) plan.push(...names.toSorted(() => this.#lot() - 0.5));
      const fault = plan.pop() as Fault;
      this.#tell(`! ${fault}`);
      this.count.set(fault, (this.count.get(fault) ?? 0) + 1);
      await ways[fault](this);
      await this.#lookAtBooks();
      await pause(BETWEEN_MS * (0.5 + this.#lot()));
    }
    await Promise.all(this.#watches);
  }

  // ── what the ways need ─────────────────────────────────────────────────────────────────────

  get database() {
    return this.#cluster.database;
  }

  get broker() {
    return this.#cluster.broker;
  }

  aPlane(): Plane {
    return this.#one(this.#cluster.planes);
  }

  someAgents(): Agents {
    return this.#one(this.#cluster.agents);
  }

  /** For a while between the two. */
  hold(from_ms: number, to_ms: number): Promise<void> {
    return pause(from_ms + (to_ms - from_ms) * this.#lot());
  }

  async start(plane: Plane): Promise<void> {
    await plane.program.start().catch((error: Error) => this.wrongs.push(error.message));
  }

  /** Measures, from now on, until nothing under way is `plane`'s; unless it comes back first. */
  watch(plane: Plane, over: () => boolean): void {
    const { books } = this.#cluster;
    const owner = ownerOf(plane);
    if (owner === null) return;
    const began_ms = now_ms();
    this.#watches.push(this.#watch(books, owner, began_ms, over));
  }

  async #watch(books: Books, owner: string, began_ms: number, over: () => boolean) {
    let had = false;
    while (now_ms() - began_ms < WATCHED_MS && !over()) {
      const left = await books.underWay(owner);
      if (left !== null && left > 0) had = true;
      if (left !== 0) {
        await pause(20);
        continue;
      }
      if (!had) return;
      const took_ms = Math.round(now_ms() - began_ms);
      this.takeovers++;
      this.longest_takeover_ms = Math.max(this.longest_takeover_ms, took_ms);
      this.#tell(`  taken over after ${took_ms} ms`);
      return;
    }
    if (!over()) this.wrongs.push(`operations of ${owner} were never taken over`);
  }

  async #lookAtBooks(): Promise<void> {
    for (const wrong of (await this.#cluster.books.wrongs()) ?? []) {
      this.#tell(`  WRONG ${wrong}`);
      this.wrongs.push(wrong);
    }
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#lot() * all.length)] as T;
  }
}

/** The name under which its newest life owns operations, as its log says. */
function ownerOf({ directory }: Plane): string | null {
  const log = readFileSync(join(directory, 'plimsoll.log'), 'utf8');
  const names = [...log.matchAll(/"event":"process begins","process":"([^"]+)"/g)];
  return names.at(-1)?.[1] ?? null;
}

/** Each strikes, holds, and mends. */
const ways = {
  'kill -9 of a process': async (on: Faults) => {
    const plane = on.aPlane();
    on.watch(plane, () => false);
    await plane.program.end('SIGKILL');
    await on.hold(500, 6_000);
    await on.start(plane);
  },
  'a process told to stop': async (on: Faults) => {
    const plane = on.aPlane();
    const code = await plane.program.end('SIGTERM');
    if (code !== 0) on.wrongs.push(`told to stop, it ended with ${code}`);
    on.watch(plane, () => false);
    await on.hold(200, 2_000);
    await on.start(plane);
  },
  'a process stopped and continued': async (on: Faults) => {
    const plane = on.aPlane();
    let over = false;
    plane.program.signal('SIGSTOP');
    on.watch(plane, () => over);
    await on.hold(500, 9_000);
    over = true;
    plane.program.signal('SIGCONT');
  },
  'a process cut off from the database': async (on: Faults) => {
    const plane = on.aPlane();
    let over = false;
    plane.toDatabase.cut();
    on.watch(plane, () => over);
    await on.hold(500, 9_000);
    over = true;
    plane.toDatabase.mend();
  },
  'the database restarted': async (on: Faults) => on.database.restart(),
  'the broker restarted': async (on: Faults) => {
    await on.broker.end('SIGKILL');
    await on.hold(0, 3_000);
    await on.broker.start();
  },
  'agents cut off': async (on: Faults) => {
    const { toPlanes } = on.someAgents();
    for (const cable of toPlanes) cable.cut();
    await on.hold(500, 12_000);
    for (const cable of toPlanes) cable.mend();
  },
  'agents killed and begun again': async (on: Faults) => {
    const { program } = on.someAgents();
    await program.end('SIGKILL');
    await on.hold(100, 3_000);
    await program.start().catch((error: Error) => on.wrongs.push(error.message));
  },
} as const;
