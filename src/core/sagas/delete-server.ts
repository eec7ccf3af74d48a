/**
 * Deletes a server, at any moment.
 *
 *   joined     the run that was under way has ended; it was cancelled when the delete was asked for
 *   whereto    where the guest may be, from the row and the logs
 *   destroy    there
 *   elsewhere  and on the other side, where a move got stuck, or is not confirmed yet
 *   gone       everything that the server or a run of its own still holds is free; no row is left
 *
 * There is no way back from the start: a delete that was answered is carried out.
 *
 * Races. Everything that could make a guest or take a hold has ended before `whereto` looks, so
 * nothing comes back to life afterwards: the row says 'deleting', which forbids new runs, and each
 * ended run has closed the steps that it undid. Two deletes are one run.
 *
 * A dead host blocks nothing. An order that a host known to be down does not answer is waived: the
 * books are freed (L4: a hold has a live owner, and there is none; L5: the server is on no side).
 * Should the host come back with the guest still on it, its audit finds a guest without a server,
 * and destroys it. A run at its pivot cannot be cancelled; only if the host that could settle it is
 * down as well is it undone unsettled, since whichever side has the guest, it is destroyed.
 * `elsewhere` sees to what a run left that is stuck; then nobody can reset that any more.
 */
import { stepKey } from '../conductor/act.ts';
import { errand } from '../conductor/errand.ts';
import { layDown } from '../conductor/reset.ts';
import { isStuck, type RunStepRow, runSteps, runs } from '../conductor/rows.ts';
import { saga } from '../conductor/saga.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { StepKey } from '../ports/order.ts';
import { endServer } from '../servers/ended.ts';
import { evacuations } from '../servers/evacuations.ts';
import { resizes } from '../servers/resizes.ts';
import { images } from '../servers/rows.ts';
import { letGo } from './holds.ts';
import { alone, DELETE, serverOf } from './server.ts';
import { takeBack } from './soft-delete-server.ts';
import { offTheShelf } from './unshelve-server.ts';
import type { World } from './world.ts';

export interface DeleteInput {
  readonly server_uuid: string;
}

interface Spot {
  readonly host: string;
  /** The step that may still put the guest there. */
  readonly closes: StepKey | null;
}

/** The steps that bring a guest to the host of their line; others may have left one set aside. */
const bringers: readonly string[] = ['boot', 'landing'];

export const deleteServer = saga<DeleteInput, World>(DELETE)
  .onward()
  .wait('joined', {
    until: ({ input, run }, draft) => alone(draft, input.server_uuid, run.id),
  })
  .book('whereto', {
    do: ({ input }, draft) => {
      const { host } = serverOf(draft, input.server_uuid);
      const source = draft.rows(resizes).get(input.server_uuid)?.source ?? null;
      const left = [...stuckSpots(draft, input.server_uuid), ...at(source)];
      const here = left.find((spot) => spot.host === host) ?? at(host)[0] ?? null;
      return { here, there: left.find((spot) => spot.host !== host) ?? null };
    },
  })
  .ask('destroy', { do: ({ input, whereto }) => destroy(input, whereto.here) })
  .ask('elsewhere', { do: ({ input, whereto }) => destroy(input, whereto.there) })
  .book('gone', {
    do: ({ input }, draft) => {
      const server = serverOf(draft, input.server_uuid);
      for (const row of draft.rows(evacuations).by('server_uuid', server.uuid)) {
        draft.remove(evacuations, row);
      }
      const own = draft.rows(runs).by('server_uuid', server.uuid);
      const move = draft.rows(resizes).get(server.uuid);
      const mover = move === undefined ? [] : [move.run_id];
      letGo(draft, server, [...new Set([server.uuid, ...own.map((run) => run.id), ...mover])]);
      if (move !== undefined) draft.remove(resizes, move);
      offTheShelf(draft, server.uuid);
      takeBack(draft, server.uuid);
      if (own.some(isStuck)) dropUnfinished(draft, server.uuid);
      for (const run of own) layDown(draft, run);
      endServer(draft, server);
      return null;
    },
  })
  .end();

const at = (host: string | null): Spot[] => (host === null ? [] : [{ host, closes: null }]);

const destroy = ({ server_uuid: uuid }: DeleteInput, spot: Spot | null) =>
  spot === null ? null : errand(spot.host, 'destroy', { uuid, closes: spot.closes });

/** Where runs that got stuck may have left the guest. */
function stuckSpots(view: View, server_uuid: string): Spot[] {
  const stuck = view.rows(runs).by('server_uuid', server_uuid).filter(isStuck);
  return stuck.flatMap((run) =>
    view
      .rows(runSteps)
      .by('run_id', run.id)
      .filter((line) => line.kind === 'ask' && line.state !== 'undone')
      .toSorted((a, b) => Number(brings(b)) - Number(brings(a)))
      .flatMap(spotOf),
  );
}

const brings = ({ name }: RunStepRow): boolean => bringers.includes(name);

/** Images of it that nobody will bring to their end. */
function dropUnfinished(draft: Draft, server_uuid: string): void {
  const all = [...draft.rows(images).values()];
  const its = all.filter(({ properties }) => properties['instance_uuid'] === server_uuid);
  for (const row of its) if (row.status !== 'active') draft.remove(images, row);
}

const spotOf = (line: RunStepRow): Spot[] => {
  const { run_id, name, round, host } = line;
  return host === null
    ? []
    : [{ host, closes: brings(line) ? stepKey(run_id, name, round) : null }];
};
