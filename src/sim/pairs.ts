/**
 * Two operations on one server: what becomes of the second, asked while the first is under way.
 *
 *   refused   409: nothing has changed
 *   cancels   the first turns back, or comes to its end where it cannot, and the second follows
 *   waits     the first comes to its end as if alone, and the second follows
 *   joins     they are one run
 *
 * `expected` is the table; scenarios/pairs.md shows it. The second is asked after every commit that
 * the first makes: between two commits nothing changes that a decision could see.
 */
import { present } from '../core/base/units.ts';
import { ended, type RunRow, runs } from '../core/conductor/rows.ts';
import { forceDown } from '../core/fleet/status.ts';
import type { View } from '../core/ledger/draft.ts';
import type { Reply } from '../core/ports/reply.ts';
import type { Desk } from '../core/sagas/desk.ts';
import { POWER_CHANGES, type PowerChange } from '../core/servers/lifecycle.ts';
import { servers } from '../core/servers/rows.ts';
import { plainFlavors } from './flavors.ts';
import type { LittleWorldAbout } from './little-about.ts';
import { LittleWorld } from './little-world.ts';
import type { Scenario } from './scenarios-of-sagas.ts';
import type { Drain } from './timeline.ts';

export type PairOutcome = 'refused' | 'cancels' | 'waits' | 'joins';

/** What may be asked of a server. `put-away`: a delete that can be taken back. */
export type Second =
  | PowerChange
  | 'live-migrate'
  | 'resize'
  | 'migrate'
  | 'confirm-resize'
  | 'revert-resize'
  | 'shelve'
  | 'shelve-offload'
  | 'unshelve'
  | 'rebuild'
  | 'rescue'
  | 'unrescue'
  | 'create-image'
  | 'evacuate'
  | 'put-away'
  | 'delete';

/** Runs that touch nothing but the guest where it is. */
const inPlace: ReadonlySet<string> = new Set([
  ...['start-server', 'stop-server', 'pause-server', 'unpause-server', 'suspend-server'],
  ...['resume-server', 'restore-server', 'reboot-server', 'reboot-server-hard'],
  ...['shelve-server', 'unshelve-here'],
]);

/**
 * What must become of the second. `evacuate`: of a host that has just died, and is fenced. Where it
 * is refused although the first is in place, its server is in no state to be evacuated.
 */
export function expected({ saga, name }: Scenario, second: Second): PairOutcome {
  switch (second) {
    case 'delete':
      return saga === 'delete-server' ? 'joins' : 'cancels';
    case 'put-away':
      if (saga === 'delete-server' || saga === 'soft-delete-server') return 'joins';
      if (saga === 'create-server') return 'cancels';
      return settles.has(saga) ? 'refused' : 'waits';
    case 'evacuate':
      return inPlace.has(saga) && !unfit.has(name) ? 'cancels' : 'refused';
    case 'reboot-hard':
      return hangs.has(saga) ? 'waits' : saga === 'reboot-server-hard' ? 'joins' : 'refused';
    default:
      return 'refused';
  }
}

/** Guests that hang in them are rebooted hard. */
const hangs: ReadonlySet<string> = new Set([
  ...['reboot-server', 'pause-server', 'unpause-server', 'suspend-server', 'resume-server'],
]);

/** Their servers are resized, or rescued: that must be settled before they are put away. */
const settles: ReadonlySet<string> = new Set([
  ...['confirm-resize', 'revert-resize', 'unrescue-server'],
]);

/** Scenarios whose servers are paused, suspended, shelved or put away. */
const unfit: ReadonlySet<string> = new Set([
  ...['unpause after pause', 'reboot-hard after pause', 'resume after suspend', 'restore'],
  'unshelve on its host',
]);

type Answer = Promise<Reply<unknown, unknown>>;
type Ask = (desk: Desk, uuid: string) => Answer;

const anybody = { bound_by_locks: true };
const medium = present(plainFlavors[1], 'a flavor');
const image = { name: 'image', metadata: {}, project_id: 'p', user_id: 'u', backup: null };

const asks: Readonly<Record<Exclude<Second, PowerChange>, Ask>> = {
  'live-migrate': (desk, uuid) => desk.liveMigrate(uuid, anybody, null),
  resize: (desk, uuid) => desk.resize(uuid, anybody, medium),
  migrate: (desk, uuid) => desk.coldMigrate(uuid, anybody, null),
  'confirm-resize': (desk, uuid) => desk.confirmResize(uuid, anybody),
  'revert-resize': (desk, uuid) => desk.revertResize(uuid, anybody),
  shelve: (desk, uuid) => desk.shelve(uuid, anybody),
  'shelve-offload': (desk, uuid) => desk.shelveOffload(uuid, anybody),
  unshelve: (desk, uuid) => desk.unshelve(uuid, anybody, { host: null }),
  rebuild: (desk, uuid) =>
    desk.refit(uuid, { is: 'rebuild', about: { image_id: 'another' } }, anybody),
  rescue: (desk, uuid) => desk.refit(uuid, { is: 'rescue', image_id: null }, anybody),
  unrescue: (desk, uuid) => desk.refit(uuid, { is: 'unrescue' }, anybody),
  'create-image': (desk, uuid) => desk.createImage(uuid, image),
  evacuate: (desk, uuid) => desk.evacuate(uuid, anybody, { host: null, stopped: false }),
  'put-away': (desk, uuid) => desk.deleteServer(uuid),
  delete: (desk, uuid) => desk.deleteServer(uuid, { force: true }),
};

const isPower = (second: Second): second is PowerChange =>
  (POWER_CHANGES as readonly string[]).includes(second);

const askOf = (second: Second): Ask =>
  isPower(second) ? (desk, uuid) => desk.switchPower(uuid, anybody, second) : asks[second];

/** Those that may be accepted while a run is under way. */
export const weightySeconds: readonly Second[] = ['delete', 'put-away', 'evacuate', 'reboot-hard'];

/** Those that are refused whenever a run is under way, and leave no trace then. */
export const plainSeconds: readonly Second[] = [
  ...POWER_CHANGES,
  ...(Object.keys(asks) as (keyof typeof asks)[]),
].filter((second) => !weightySeconds.includes(second));

/** What was seen, as `second: outcome`, with how often; and what was broken. */
export interface Seen {
  readonly outcomes: Map<string, number>;
  readonly failures: string[];
}

export const nothingSeen = (): Seen => ({ outcomes: new Map(), failures: [] });

/** All of `seconds`, after every commit of one run, in one world. */
export async function playRefused(
  scenario: Scenario,
  drain: Drain,
  seconds: readonly Second[],
): Promise<Seen> {
  const seen = nothingSeen();
  const committed = (_: number, world: LittleWorld) => {
    world.between(({ desk }) => {
      const first = firstOf(world, scenario.saga);
      if (first === undefined) return;
      for (const second of seconds) void askAndNote(seen, world, first, second, desk);
    });
    return 'heard' as const;
  };
  const world = await played(scenario, { drain, committed });
  judge(seen, world, `${scenario.name}: all others`);
  return seen;
}

/** One second, after each commit of the first in turn, each in a world of its own. */
export async function playEach(scenario: Scenario, drain: Drain, second: Second): Promise<Seen> {
  const seen = nothingSeen();
  for (let at = 1; ; at++) {
    const strike = { host: '' };
    const committed = (count: number, world: LittleWorld) => {
      if (count === at) begin(seen, world, scenario.saga, second, strike);
      return 'heard' as const;
    };
    const world = await played(scenario, { drain, committed }, second);
    if (strike.host !== '') await comesBack(world, strike.host);
    if (world.commits < at) return seen;
    judge(seen, world, `${scenario.name}: ${second} after commit ${at}`);
  }
}

async function played(
  scenario: Scenario,
  about: LittleWorldAbout,
  second: Second | null = null,
): Promise<LittleWorld> {
  const { shelved_offload_s = 0, resize_to_same_host = false } = scenario;
  const kept = second === 'put-away' && scenario.saga !== 'delete-server' ? 3600 : 0;
  const reclaim_after_s = scenario.reclaim_after_s ?? kept;
  const options = { shelved_offload_s, resize_to_same_host, reclaim_after_s };
  const world = await LittleWorld.open({ ...about, ...options });
  const server = await scenario.prepare(world);
  world.arm();
  await scenario.begin(world, server);
  if (second === 'evacuate') await world.wait(60_000);
  else await world.rest();
  return world;
}

function begin(
  seen: Seen,
  world: LittleWorld,
  saga: string,
  second: Second,
  strike: { host: string },
): void {
  world.between(({ desk, ledger }) => {
    const first = firstOf(world, saga);
    if (first === undefined) return;
    const host = world.view()?.rows(servers).get(first.server_uuid)?.host ?? null;
    if (second !== 'evacuate' || host === null) {
      void askAndNote(seen, world, first, second, desk);
      return;
    }
    strike.host = host;
    world.kill(host);
    void ledger
      .submit((draft) => forceDown(draft, host, true))
      .then(() => askAndNote(seen, world, first, second, desk));
  });
}

type First = RunRow & { readonly server_uuid: string };

/** The run that is under way, and about a server. */
function firstOf(world: LittleWorld, saga: string): First | undefined {
  const all = [...present(world.view(), 'books').rows(runs).values()];
  return all.find((run): run is First => run.saga === saga && !ended(run) && hasServer(run));
}

const hasServer = (run: RunRow): boolean => run.server_uuid !== null;

async function askAndNote(
  seen: Seen,
  world: LittleWorld,
  first: First,
  second: Second,
  desk: Desk,
): Promise<void> {
  const reply = await askOf(second)(desk, first.server_uuid);
  const outcome = outcomeOf(world.view(), first, reply);
  if (outcome === null) return;
  const key = `${second}: ${outcome}`;
  seen.outcomes.set(key, (seen.outcomes.get(key) ?? 0) + 1);
}

/** Null: the first had come to its end. */
function outcomeOf(
  view: View | null,
  { id }: First,
  reply: Reply<unknown, unknown>,
): PairOutcome | null {
  const now = view?.rows(runs).get(id);
  if (now === undefined || ended(now)) return null;
  if (reply.is !== 'done') return 'refused';
  const { run_id } = reply.value as { readonly run_id?: string };
  if (run_id === id) return 'joins';
  return now.cancel_requested ? 'cancels' : 'waits';
}

async function comesBack(world: LittleWorld, host: string): Promise<void> {
  await world.write((draft) => forceDown(draft, host, false));
  await world.comesBack(host);
  await world.rest();
  await world.comesBack(host);
  await world.rest();
}

function judge({ failures }: Seen, world: LittleWorld, name: string): void {
  const broken = world.broken();
  if (broken.length === 0) return;
  failures.push(`${name}: ${broken.join('; ')}\n    ${world.log().join('\n    ')}`);
}

/** In which state the server was refused it; null: it was not. */
export async function refusalOf(
  world: LittleWorld,
  uuid: string,
  second: Second,
): Promise<string | null> {
  const state = { said: undefined as Reply<unknown, unknown> | undefined };
  world.between(({ desk }) => {
    void askOf(second)(desk, uuid).then((reply) => Object.assign(state, { said: reply }));
  });
  await world.until(() => state.said !== undefined);
  const { said } = state;
  return said?.is === 'no' ? ((said.why as { readonly state?: string }).state ?? null) : null;
}
