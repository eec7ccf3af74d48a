/**
 * What scenarios are told with: a little world, and looks at what a scenario is about.
 *
 *   tell({ 'ACC-001 what happens': async (open) => { const world = await open(); … } })
 *
 * The names of rows are those of the acceptance table, one file for each of its chapters. Whatever
 * a row itself asks, at its end every promise must hold in each world that it opened.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { type RunStepRow, runSteps } from '../../core/conductor/rows.ts';
import { buildFailures } from '../../core/fleet/health-rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';
import type { LittleWorldAbout } from '../little-about.ts';
import { LittleWorld } from '../little-world.ts';
import type { Mishap } from '../planned.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Which step goes wrong once the world is armed, how, and how often. */
export const worldWith = (
  step = 'none',
  mishap: Mishap = 'refuse',
  times = 1,
  about: Partial<LittleWorldAbout> = {},
) => LittleWorld.open({ drain, plan: { saga: '', step, mishap, times }, ...about });

export type Open = typeof worldWith;

export function tell(
  rows: Readonly<Record<`ACC-${number} ${string}`, (open: Open) => Promise<void>>>,
): void {
  for (const [name, play] of Object.entries(rows)) {
    test(name, async () => {
      const opened: LittleWorld[] = [];
      await play(async (...plan) => {
        const world = await worldWith(...plan);
        opened.push(world);
        return world;
      });
      ok(opened.length > 0, 'it was told of no world');
      for (const world of opened) deepEqual(world.broken(), []);
    });
  }
}

export function seen(world: LittleWorld): View {
  const view = world.view();
  ok(view !== null);
  return view;
}

export function serverIn(world: LittleWorld, uuid: string): ServerRow {
  const server = seen(world).rows(servers).get(uuid);
  ok(server !== undefined);
  return server;
}

/** The hosts that failed to build what they were asked to, sorted. */
export const failedHosts = (world: LittleWorld): string[] =>
  [...seen(world).rows(buildFailures).values()].map(({ host }) => host).sort();

/** The lines of a step, in the order in which they were begun. */
export const linesOf = (world: LittleWorld, name: string): RunStepRow[] =>
  [...seen(world).rows(runSteps).values()].filter((one) => one.name === name);

type Held = Record<string, Record<string, number>>;

/** What a consumer holds, by host and resource class, e.g. `{ h1: { VCPU: 1 } }`. */
export const heldBy = (world: LittleWorld, consumer: string): Held => heldIn(seen(world), consumer);

/** The same for everybody who holds something. */
export function everyHold(view: View): Record<string, Held> {
  const all = [...view.books.consumers.keys()];
  return Object.fromEntries(all.map((uuid) => [uuid, heldIn(view, uuid)]));
}

function heldIn({ books }: View, consumer: string): Held {
  const held: Held = {};
  for (const one of books.consumers.get(consumer)?.allocations ?? []) {
    const host = books.row(books.row(one.provider_id).root_id).name;
    const name = books.className(one.resource_class_id);
    const used = (held[host]?.[name] ?? 0) + one.used;
    held[host] = { ...held[host], [name]: used };
  }
  return held;
}
