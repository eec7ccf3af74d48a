/**
 * What befalls whole processes and machines, at moments that the seed draws.
 *
 *   control plane   crashes, and is started again after a while
 *   agent           crashes, and is started again; its machine and guests never notice
 *   host            loses power with all its guests, and comes back
 *   partition       a host is cut off, one way or both, and is joined again
 *   wall clock      jumps either way
 *
 * Each of them ends (faults.ts): after `lasts_ms_max` at the latest, or when `stop` is called.
 */
import type { Chance } from '../core/base/seeded.ts';
import type { Mishaps } from './faults.ts';
import type { Timeline } from './timeline.ts';
import type { Cut } from './wire.ts';

/** What mishaps do to a world. Doing it twice, or to what is down already, must be harmless. */
export interface Victims {
  readonly hosts: readonly string[];
  crashControlPlane(): void;
  startControlPlane(): void;
  crashAgent(host: string): void;
  startAgent(host: string): void;
  killHost(host: string): void;
  reviveHost(host: string): void;
  cut(host: string, way: Cut): void;
  mend(host: string): void;
  jumpWall(by_ms: number): void;
}

const WALL_JUMP_MS_MAX = 3_600_000;

export class MishapMaker {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #mishaps: Mishaps;
  readonly #victims: Victims;
  readonly #heard: (fault: string) => void;
  #stopped = false;

  constructor(about: {
    timeline: Timeline;
    chance: Chance;
    mishaps: Mishaps;
    victims: Victims;
    heard: (fault: string) => void;
  }) {
    this.#timeline = about.timeline;
    this.#chance = about.chance;
    this.#mishaps = about.mishaps;
    this.#victims = about.victims;
    this.#heard = about.heard;
  }

  start(): void {
    const { victims, mishaps } = { victims: this.#victims, mishaps: this.#mishaps };
    this.#every('crash of the control plane', mishaps.control_plane_crash_every_ms, () => {
      victims.crashControlPlane();
      return () => victims.startControlPlane();
    });
    this.#every('crash of an agent', mishaps.agent_crash_every_ms, (chance) => {
      const host = chance.pick(victims.hosts);
      victims.crashAgent(host);
      return () => victims.startAgent(host);
    });
    this.#every('death of a host', mishaps.host_death_every_ms, (chance) => {
      const host = chance.pick(victims.hosts);
      victims.killHost(host);
      return () => victims.reviveHost(host);
    });
    this.#every('partition', mishaps.partition_every_ms, (chance) => {
      const host = chance.pick(victims.hosts);
      victims.cut(host, chance.pick(['there', 'back', 'both'] as const));
      return () => victims.mend(host);
    });
    this.#every('jump of the wall clock', mishaps.wall_jump_every_ms, (chance) => {
      victims.jumpWall(chance.between(-WALL_JUMP_MS_MAX, WALL_JUMP_MS_MAX));
      return () => {};
    });
  }

  /** Nothing more befalls anybody; what is down stays down until somebody heals it. */
  stop(): void {
    this.#stopped = true;
  }

  #every(name: string, every_ms: number, befall: (chance: Chance) => () => void): void {
    if (every_ms === 0) return;
    const chance = this.#chance.fork(name);
    const next = () =>
      this.#timeline.after(chance.between(1, 2 * every_ms), () => {
        if (this.#stopped) return;
        this.#heard(name);
        const end = befall(chance);
        this.#timeline.after(chance.between(1, this.#mishaps.lasts_ms_max), () => {
          if (!this.#stopped) end();
        });
        next();
      });
    next();
  }
}
