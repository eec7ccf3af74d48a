/**
 * Switches a server's guest where it is: start, stop, pause, unpause, suspend, resume, restore,
 * reboot. One saga each, all of one shape:
 *
 *     joined   for a hard reboot: what is being done to the guest has ended
 *   + begin    notes where the guest is, and that it is being seen to   - as it was
 *   ▲ switch   the host switches, or reboots, the guest                 settle: conclude the switch
 *     settled  the server's row says so; the fence is lifted
 *
 * Nothing is claimed or let go: a server that is stopped holds its place all the while.
 *
 * The pivot is `switch`. A switch that came twice would be harmless by itself, but not behind the
 * next one: a stop that was held up must not stop a server that has been started again. So its key
 * is good for one act, and when its reply is lost the host is told to conclude: either it has
 * acted, or it never will. Then the server is as it was, and the run is undone.
 *
 * Races. One run holds the fence, so nobody else switches the guest meanwhile. A delete before the
 * switch turns back; from there on it waits until the switch is known to be done or not. On a host
 * that is down the switch waits, visibly, until it is back; only a delete does not wait for that.
 */
import { present } from '../base/units.ts';
import { type Errand, errand } from '../conductor/errand.ts';
import { type Saga, saga } from '../conductor/saga.ts';
import { done } from '../ports/reply.ts';
import { after, type PowerChange, type ServerEvent } from '../servers/lifecycle.ts';
import type { TaskState } from '../servers/rows.ts';
import { HARD_REBOOT, rest, serverOf, task } from './server.ts';
import { takeBack } from './soft-delete-server.ts';
import type { World } from './world.ts';

/** How long a guest may take to shut down, or to restart, before it is forced to. */
const GRACE_MS = 60_000;

interface PowerInput {
  readonly server_uuid: string;
}

interface Shape {
  readonly name: string;
  /** What is being done, once the host is asked. */
  readonly task: TaskState;
  readonly errand: (host: string, uuid: string) => Errand<'power'> | Errand<'reboot'>;
  readonly event: ServerEvent;
}

const switched = 'switched';

const powerSaga = (shape: Shape): Saga<World> =>
  saga<PowerInput, World>(shape.name)
    .book('begin', {
      do: ({ input }, draft) => {
        task(draft, input.server_uuid, shape.task);
        const { host } = serverOf(draft, input.server_uuid);
        return done({ host: present(host, 'a host') });
      },
      undo: ({ input }, draft) => {
        rest(draft, input.server_uuid);
        return done(undefined);
      },
    })
    .pivot('switch', {
      do: ({ input, begin }): Errand<'power' | 'reboot'> =>
        shape.errand(begin.host, input.server_uuid),
      made: () => switched,
      settle: ({ input, begin, run }) =>
        errand(begin.host, 'conclude', { uuid: input.server_uuid, step: run.key('switch') }),
      settled: ({ acted }) => (acted ? switched : null),
    })
    .book('settled', {
      do: ({ input }, draft) => {
        const { vm_state } = serverOf(draft, input.server_uuid);
        if (shape.event === 'restored') takeBack(draft, input.server_uuid);
        rest(draft, input.server_uuid, { vm_state: after(vm_state, shape.event) });
        return null;
      },
    })
    .end();

/** Whoever was at work has ended, and has handed the fence over. */
const joined = saga<PowerInput, World>(HARD_REBOOT)
  .wait('joined', {
    until: ({ input, run }, draft) => serverOf(draft, input.server_uuid).run_id === run.id,
  })
  .end();

const turn =
  (to: 'running' | 'off' | 'paused' | 'suspended', grace_ms = 0) =>
  (host: string, uuid: string) =>
    errand(host, 'power', { uuid, to, grace_ms });

const reboot = (grace_ms: number) => (host: string, uuid: string) =>
  errand(host, 'reboot', { uuid, grace_ms });

interface Power {
  readonly saga: Saga<World>;
  /** What the server shows from the moment it was asked for. */
  readonly task: TaskState;
}

const power = (
  task: TaskState,
  event: ServerEvent,
  name: string,
  errand: Shape['errand'],
  begun: TaskState = task,
): Power => ({ task, saga: powerSaga({ name, task: begun, errand, event }) });

const joining = ({ task, saga: { name, steps } }: Power): Power => ({
  task,
  saga: { name, steps: [...joined.steps, ...steps] },
});

// biome-ignore format: a table
export const powers: Readonly<Record<PowerChange, Power>> = {
  start:         power('powering-on',    'started',   'start-server',       turn('running')),
  stop:          power('powering-off',   'stopped',   'stop-server',        turn('off', GRACE_MS)),
  pause:         power('pausing',        'paused',    'pause-server',       turn('paused')),
  unpause:       power('unpausing',      'resumed',   'unpause-server',     turn('running')),
  suspend:       power('suspending',     'suspended', 'suspend-server',     turn('suspended')),
  resume:        power('resuming',       'resumed',   'resume-server',      turn('running')),
  restore:       power('restoring',      'restored',  'restore-server',     turn('running')),
  'reboot-soft': power('rebooting',      'started',   'reboot-server',      reboot(GRACE_MS), 'reboot_started'),
  'reboot-hard': joining(power('rebooting_hard', 'started', HARD_REBOOT,      reboot(0),        'reboot_started_hard')),
};

export const powerSagas: readonly Saga<World>[] = Object.values(powers).map(({ saga }) => saga);
