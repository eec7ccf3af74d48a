/**
 * Takes a server off the shelf again: on its host if it is still there, else on whatever host the
 * scheduler finds.
 *
 *   unshelve-here                                        unshelve-server
 *   + begin    as it was                                 + begin    as it was, without a host
 *   ▲ wake     settle: conclude the switch               + place    lets go
 *     awake    the row says that it runs                 + boot     destroyed and closed; elsewhere
 *                                                        + active   from the image of its disk
 *
 * The zone that was asked for becomes the server's own only where it succeeds: a server that found
 * no host asks for what it asked for before. The image has served its turn with `active`, and is
 * taken away by it.
 *
 * Races. The decision is the claim, as for a new server, and a boot that got no answer is undone
 * before another host is tried. A server that could not be booted anywhere is on the shelf as
 * before, holds nothing, and its disk is in its image still.
 */
import { present } from '../base/units.ts';
import { errand } from '../conductor/errand.ts';
import { saga } from '../conductor/saga.ts';
import type { Draft } from '../ledger/draft.ts';
import { done } from '../ports/reply.ts';
import { after } from '../servers/lifecycle.ts';
import { images } from '../servers/rows.ts';
import { shelvedServers } from '../servers/shelved.ts';
import { claimPlace, letGo } from './holds.ts';
import { decideAndClaim } from './place.ts';
import { guestOf, rest, serverOf, task } from './server.ts';
import type { World } from './world.ts';

/** How many hosts are tried before it stays on the shelf. */
export const ROUNDS_MAX = 5;

const switched = 'switched';

export const unshelveHere = saga<{ readonly server_uuid: string }, World>('unshelve-here')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'unshelving');
      return done({ host: present(serverOf(draft, input.server_uuid).host, 'a host') });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .pivot('wake', {
    do: ({ input, begin }) =>
      errand(begin.host, 'power', { uuid: input.server_uuid, to: 'running', grace_ms: 0 }),
    made: () => switched,
    settle: ({ input, begin, run }) =>
      errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('wake') }),
    settled: ({ acted }) => (acted ? switched : null),
  })
  .book('awake', {
    do: ({ input }, draft) => {
      offTheShelf(draft, input.server_uuid);
      const { vm_state } = serverOf(draft, input.server_uuid);
      rest(draft, input.server_uuid, { vm_state: after(vm_state, 'unshelved') });
      return null;
    },
  })
  .end();

export interface UnshelveInput {
  readonly server_uuid: string;
  /** The zone to be in from now on; null: any. */
  readonly availability_zone: string | null;
  /** The host that an operator named; null: the scheduler chooses. */
  readonly host: string | null;
}

export const unshelveServer = saga<UnshelveInput, World>('unshelve-server')
  .book('begin', {
    do: ({ input }, draft) => {
      task(draft, input.server_uuid, 'unshelving');
      return done({
        image_id: draft.rows(shelvedServers).get(input.server_uuid)?.image_id ?? null,
      });
    },
    undo: ({ input }, draft) => {
      rest(draft, input.server_uuid);
      return done(undefined);
    },
  })
  .book('place', {
    do: ({ input, run }, draft, world) => {
      const { availability_zone, host } = input;
      const server = { ...serverOf(draft, input.server_uuid), availability_zone };
      const only_hosts = host === null ? null : [host];
      const bounds = { ignore_hosts: [], tried_hosts: run.tried, only_hosts };
      const claim = decideAndClaim(draft, world, server, bounds, (place) =>
        claimPlace(draft, server, place),
      );
      if (claim.is === 'no') return claim;
      const guest = guestOf(server, claim.value);
      task(draft, server.uuid, 'spawning', { host: claim.value.host });
      return done({ host: claim.value.host, guest });
    },
    undo: ({ input }, draft) => {
      letGo(draft, serverOf(draft, input.server_uuid), [input.server_uuid]);
      task(draft, input.server_uuid, 'unshelving', { host: null });
      return done(undefined);
    },
  })
  .ask('boot', {
    do: ({ place, begin }) => {
      const disk = begin.image_id === null ? {} : { disk_image_id: begin.image_id };
      return errand(place.host, 'boot', { guest: place.guest, ...disk });
    },
    made: ({ power }) => ({ power }),
    undo: ({ place, run }) =>
      errand(place.host, 'destroy', { uuid: place.guest.uuid, closes: run.key('boot') }),
    elsewhere: {
      from: 'place',
      rounds_max: ROUNDS_MAX,
      without: ({ input, place }) => (input.host === null ? place.host : null),
    },
  })
  .book('active', {
    do: ({ input }, draft) => {
      const { availability_zone } = input;
      offTheShelf(draft, input.server_uuid);
      const { vm_state } = serverOf(draft, input.server_uuid);
      rest(draft, input.server_uuid, { vm_state: after(vm_state, 'unshelved'), availability_zone });
      return done(null);
    },
    undo: 'nothing to undo',
  })
  .end();

/** It is on no shelf any more, and needs no image of its disk. */
export function offTheShelf(draft: Draft, server_uuid: string): void {
  const shelved = draft.rows(shelvedServers).get(server_uuid);
  if (shelved === undefined) return;
  draft.remove(shelvedServers, shelved);
  const image = draft.rows(images).get(shelved.image_id ?? '');
  if (image !== undefined) draft.remove(images, image);
}
