/**
 * Goal: a claim names its owner, the run and the step that made it, and when; whatever the
 * operation, at every commit, whether the step was done or undone.
 * Method: the operations that claim, in little worlds, some with a step that fails; after each
 * commit every consumer's row is held against the lines of the log that are there. What a client of
 * Placement, or the audit, claims names no step.
 * Mutants that were caught: no author for steps; none for undos. One that stays after its step is
 * claim.test.ts's.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../core/base/units.ts';
import { runSteps, runs } from '../core/conductor/rows.ts';
import { claimAll } from '../core/ledger/claim.ts';
import type { View } from '../core/ledger/draft.ts';
import { DISK_GB } from '../core/ledger/standard.ts';
import { done } from '../core/ports/reply.ts';
import type { LittleWorld } from './little-world.ts';
import { medium, resized } from './scenarios/resize.fixture.ts';
import { type Open, seen, serverIn, worldWith } from './scenarios/tale.fixture.ts';

const steps = new Set<string>();

/** What is wrong with who made the claims, in words. */
function unnamed(view: View): string[] {
  return [...view.books.consumers.values()].flatMap(({ row }) => {
    const [run_id = '', key = '', undo] = (row.claimed_by ?? '').split('/');
    const [name = ''] = key.split('@');
    const run = view.rows(runs).get(run_id);
    const line = view
      .rows(runSteps)
      .by('run_id', run_id)
      .find((one) => one.name === name && (undo === undefined || one.state === 'undone'));
    if (run === undefined || line === undefined) return `${row.uuid}: ${row.claimed_by}`;
    steps.add(`${run.saga}/${name}${undo === undefined ? '' : '/undo'}`);
    return row.updated_at_ms >= line.started_at_ms ? [] : `${row.uuid} was claimed before its step`;
  });
}

const wrong: string[] = [];
const watching = (view: View) => void wrong.push(...unnamed(view));
const opened: Open = (step, mishap, times, about) =>
  worldWith(step, mishap, times, { ...about, watching, steps_per_request_max: 1 });

async function served(world: LittleWorld) {
  const uuid = await world.create();
  await world.rest();
  return { uuid, host: present(serverIn(world, uuid).host, 'a host') };
}

test('every claim of every operation names its run and step, and when it was made', async () => {
  const calm = await opened();
  const { uuid } = await served(calm);
  await calm.migrate(uuid);
  await calm.rest();
  await calm.shelve(uuid);
  await calm.rest();
  await calm.unshelve(uuid);
  await calm.rest();
  const confirmed = await resized(await opened());
  ok(confirmed.destination !== confirmed.source);
  const world = await opened();
  const { uuid: other } = await resized(world);
  await world.revertResize(other);
  await world.rest();
  const failing = await opened('landing', 'refuse', 99);
  const { uuid: third } = await served(failing);
  failing.arm();
  await failing.resize(third, medium);
  await failing.rest();
  deepEqual(wrong, []);
  const seenAll = [...steps].sort();
  for (const one of ['create-server/place', 'live-migrate/claim', 'unshelve-server/place']) {
    ok(steps.has(one), `${one} is not in ${seenAll.join(' ')}`);
  }
  ok(steps.has('resize-server/claim/undo'), seenAll.join(' '));
  ok(
    seenAll.some((one) => one.startsWith('revert-resize/')),
    seenAll.join(' '),
  );
});

test('what no step claims names none', async () => {
  const world = await opened();
  const { uuid, host } = await served(world);
  const by = () => present(seen(world).books.consumers.get(uuid), 'its claim').row.claimed_by;
  ok(by()?.endsWith('/place'));
  await world.write((draft) => {
    const provider_id = present(draft.books.providerNamed(host), host).id;
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    const amounts = [{ provider_id, resource_class_id: DISK_GB, amount: 1 }];
    claimAll(draft, [{ consumer_uuid: uuid, ...owner, amounts }]);
    return done(undefined);
  });
  equal(by(), null);
});
