/**
 * What an agent does by itself, unasked: it says what its host is, and that it is there.
 *
 *   report ──taken──► beat · beat · beat · … · report again (REPORT_EVERY_BEATS) · beat …
 *     ▲  └─not taken, or lost: again after a beat
 *     └── a beat that is not taken (the control plane does not know us, or lost it), or news
 */
import { type Millis, millis } from '../base/units.ts';
import { BEAT_EVERY_MS } from '../fleet/heartbeat.ts';
import type { Beat } from '../fleet/muster.ts';
import type { Registered } from '../fleet/registry.ts';
import type { HostReport } from '../fleet/report.ts';
import type { Clock } from '../ports/clock.ts';
import type { Reply } from '../ports/reply.ts';
import type { Agent } from './agent.ts';

export const REPORT_EVERY_BEATS = 30;
/** How long the machine may take to say what it is: one hung call must not silence the agent. */
const REPORT_WITHIN: Millis = millis(30_000);
const BETWEEN: Millis = millis(BEAT_EVERY_MS);

/** The control plane's ear, as an agent knows it. */
export interface Ear {
  report(report: HostReport): Promise<Reply<Registered, unknown>>;
  beat(beat: Beat): Promise<Reply<void, unknown>>;
}

/** Reports once; true when it was taken. */
export async function reportOnce(agent: Agent, ear: Ear): Promise<boolean> {
  const report = await agent.report();
  if (report.is !== 'done') return false;
  const taken = await ear.report(report.value);
  if (taken.is !== 'done') return false;
  agent.learn(taken.value.ratios);
  void agent.clean(report.value, taken.value.unclean ?? []); // an older program does not say
  return true;
}

/** Goes on until `over`; an agent whose clock is dead never wakes, and needs no telling. */
export async function carryOutDuties(
  agent: Agent,
  ear: Ear,
  clock: Clock,
  over: () => boolean,
): Promise<void> {
  const { host, incarnation } = agent;
  for (let beats = 0; !over(); beats++) {
    const taken =
      beats % REPORT_EVERY_BEATS === 0 || agent.hasNews
        ? await reportInTime(agent, ear, clock)
        : (await ear.beat({ host, incarnation })).is === 'done';
    if (!taken) beats = -1; // the next turn reports
    await clock.sleep(BETWEEN);
  }
}

/** A report that comes too late is still taken: it is of this life, and the next one follows. */
const reportInTime = (agent: Agent, ear: Ear, clock: Clock): Promise<boolean> =>
  Promise.race([reportOnce(agent, ear), clock.sleep(REPORT_WITHIN).then(() => false)]);
