/**
 * Finds a host for a new server and boots it there.
 *
 *   + begin    the run holds the fence           - in error, with the reason, holding nothing
 *   + place    decides and claims: one request   - lets go
 *   + boot     the host boots the guest          - the host destroys what is there, and is closed
 *                                                  to a boot that still comes
 *   + active   the server is its owner's
 *
 * `place` may wait: while there is no room, and there could be, it holds nothing and is done again
 * when something has made room, after those who wait for longer. It ends when its time is up.
 *
 * There is no pivot: until `active` nobody could have used the server, so all of it can be undone.
 *
 * Races. The decision is the claim, so nobody can take the place in between. A host that refuses
 * the boot is left out and the best of the others is chosen, on the newest books, until ROUNDS_MAX
 * have been tried; where the image is at fault no other is. The server's fault tells what each of
 * them said. A boot that got no answer is undone before another host is tried, and where the undo
 * had to be waived none is: the guest never runs twice. A delete cancels: whatever was booted is
 * destroyed under the key that closes the boot, and only then does the delete go on.
 */
import { errand } from '../conductor/errand.ts';
import { type Fault, runs } from '../conductor/rows.ts';
import { type Known, type Refused, saga } from '../conductor/saga.ts';
import { noteBuildFailed, noteBuilt } from '../fleet/health.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { claimPlace, letGo } from './holds.ts';
import { decideAndClaim } from './place.ts';
import { fail, guestOf, rest, serverOf, task } from './server.ts';
import type { Bounds, World } from './world.ts';

/** How many hosts are tried before the server is given up. */
export const ROUNDS_MAX = 3;

export interface CreateInput {
  readonly server_uuid: string;
  /** Where it may be made; left out: anywhere. */
  readonly bounds?: Bounds;
  /** Until when it waits for a host where there is none; left out: not at all. */
  readonly wait_until_ms?: number;
}

/** The steps until it is known whether there is a host for it: `begin` and `place`. */
export const STEPS_TO_PLACE = 2;

/** As much as is told of each host's reason. */
const REASON_MAX = 200;

type Run = Known<CreateInput, object>['run'];

const notFound: Fault = { code: 500, message: 'It could not be built.', explanation_id: null };

export const createServer = saga<CreateInput, World>('create-server')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'scheduling');
      return done(null);
    },
    undo: ({ input, run }, draft) => {
      fail(draft, input.server_uuid, reasonOf(run));
      return done(undefined);
    },
  })
  .book('place', {
    do: ({ input, run }, draft, world) => {
      const server = serverOf(draft, input.server_uuid);
      const claim = decideAndClaim(draft, world, server, boundsOf(input, run), (place) =>
        claimPlace(draft, server, place),
      );
      const { wait_until_ms } = input;
      if (claim.is === 'no') return waitingFor(claim.why, wait_until_ms);
      if (wait_until_ms !== undefined && !run.waits && somebodyWaits(draft)) {
        return no({ fault: behind, waits_until_ms: wait_until_ms });
      }
      task(draft, server.uuid, 'spawning', { host: claim.value.host });
      return done({ host: claim.value.host, guest: guestOf(server, claim.value) });
    },
    again: ({ input, run }, draft, { scheduler }) => {
      const server = serverOf(draft, input.server_uuid);
      const ask = scheduler.askFor(draft, server, boundsOf(input, run));
      return ask.is === 'no' || scheduler.finds(draft, ask.value);
    },
    undo: ({ input, run }, draft) => {
      const { host, image_id } = serverOf(draft, input.server_uuid);
      if (host !== null && failedOn(host, run)) noteBuildFailed(draft, host, image_id);
      letGo(draft, serverOf(draft, input.server_uuid), [input.server_uuid]);
      task(draft, input.server_uuid, 'scheduling', { host: null });
      return done(undefined);
    },
  })
  .ask('boot', {
    do: ({ place }) => errand(place.host, 'boot', { guest: place.guest }),
    made: ({ power }) => ({ power }),
    undo: ({ place, run }) =>
      errand(place.host, 'destroy', { uuid: place.guest.uuid, closes: run.key('boot') }),
    elsewhere: { from: 'place', rounds_max: ROUNDS_MAX, without: ({ place }) => place.host },
  })
  .book('active', {
    do: ({ input }, draft) => {
      const { vm_state, host, image_id } = serverOf(draft, input.server_uuid);
      const launched_at_ms = draft.now_ms;
      if (host !== null) noteBuilt(draft, host, image_id);
      rest(draft, input.server_uuid, { vm_state: after(vm_state, 'booted'), launched_at_ms });
      return done(null);
    },
    undo: 'nothing to undo',
  })
  .end();

function boundsOf({ bounds }: CreateInput, { tried }: Pick<Run, 'tried'>): Bounds {
  const { ignore_hosts = [], only_hosts = null } = bounds ?? {};
  return { ignore_hosts, tried_hosts: tried, only_hosts };
}

/** What could make room is worth waiting for: not for what can never be. */
function waitingFor(why: Refused, waits_until_ms: number | undefined): Decision<never, Refused> {
  const { reason } = why.fault;
  const may = reason === 'no-room' || reason === 'hosts-closed';
  return no(may && waits_until_ms !== undefined ? { ...why, waits_until_ms } : why);
}

/** Then who comes now takes its place behind them, though there may be room for it. */
const somebodyWaits = (draft: Draft): boolean =>
  draft
    .rows(runs)
    .by('state', 'running')
    .some(({ waits }) => waits);

const behind: Fault = {
  code: 500,
  message: 'Others wait for room already; its turn comes after theirs.',
  explanation_id: null,
};

/**
 * Whether the host refused in this round, or gave no answer: a run that is cancelled blames nobody,
 * nor does an image that the host has found to be broken.
 */
const failedOn = (host: string, { tried, refusals, fault }: Run): boolean =>
  fault?.reason !== 'bad-image' && (tried.at(-1) === host || refusals.length > tried.length);

/** Why it is in error, with what each host said that was tried. */
function reasonOf({ fault, refusals }: Pick<Run, 'fault' | 'refusals'>): Fault {
  const last = fault ?? notFound;
  const found = last.explanation_id !== null;
  if (refusals.length < (found ? 1 : 2)) return last;
  const tried = refusals.map((one) => one.slice(0, REASON_MAX)).join('; ');
  const message = found
    ? `${last.message} Tried before, in vain: ${tried}.`
    : `None of the ${refusals.length} hosts that were tried could build it: ${tried}.`;
  return { ...last, message, reason: last.reason ?? 'tried-in-vain' };
}
