/**
 * Each kind of difference, what it looks like in a sentence, and what becomes of it: the audit's
 * table of damage and outcome, as data.
 *
 *   destroy     the guest, as what one step made it        (the host is asked)
 *   unpark      what was set aside is the server's own guest again  (the host is asked)
 *   start       it again, if no step switched it since     (the host is asked)
 *   switch-off  the same                                   (the host is asked)
 *   stopped     the server's state says what its guest is
 *   free        what is held
 *   hold        what the guest takes, exactly
 *   fail        the server is in error: its owner sees why
 *   unfence     no operation owns the server
 *   settle      nothing is left of its move to confirm or revert: it is active
 *   null        nothing: `left` says why
 */
import type { Difference } from './reconcile.ts';

export type Repair =
  | 'destroy'
  | 'unpark'
  | 'start'
  | 'switch-off'
  | 'stopped'
  | 'free'
  | 'hold'
  | 'fail'
  | 'unfence'
  | 'settle';

type Kind = Difference['is'];

interface Outcome<K extends Kind> {
  readonly repair: Repair | null;
  /** What has been done, or why nothing is. */
  readonly outcome: string;
  what(difference: Extract<Difference, { is: K }>): string;
}

export const outcomes: { readonly [K in Kind]: Outcome<K> } = {
  'unknown-guest': {
    repair: 'destroy',
    outcome: 'the guest was destroyed: no server is behind it',
    what: ({ uuid }) => `guest ${uuid} is here, and there is no such server`,
  },
  'stray-guest': {
    repair: 'destroy',
    outcome: 'the guest was destroyed: its server has another elsewhere',
    what: ({ uuid, server_host }) => `guest ${uuid} is here, and its server is on ${server_host}`,
  },
  'left-aside': {
    repair: 'unpark',
    outcome: 'the guest is its server’s again',
    what: ({ uuid }) => `the guest of server ${uuid} is still set aside for a move that is over`,
  },
  crashed: {
    repair: 'start',
    outcome: 'the guest was started again',
    what: ({ uuid }) => `the guest of active server ${uuid} has crashed`,
  },
  'shut-down': {
    repair: 'stopped',
    outcome: 'the server counts as stopped: its guest has ended by itself',
    what: ({ uuid }) => `the guest of server ${uuid} is off`,
  },
  'runs-though-stopped': {
    repair: 'switch-off',
    outcome: 'the guest was switched off, as its owner wanted it',
    what: ({ uuid, power }) => `server ${uuid} is stopped, and its guest is ${power}`,
  },
  'wrong-power': {
    repair: null,
    outcome: 'its owner must say which is meant: start it, stop it, or resume it',
    what: ({ uuid, vm_state, power }) => `server ${uuid} is ${vm_state}, and its guest is ${power}`,
  },
  'no-guest': {
    repair: 'fail',
    outcome: 'the server is in error: delete it, or bring its guest back and undo this',
    what: ({ uuid }) => `server ${uuid} has no guest here`,
  },
  'no-hold': {
    repair: 'hold',
    outcome: 'what its guest takes is held again',
    what: ({ uuid }) => `server ${uuid} runs here and holds nothing`,
  },
  'wrong-hold': {
    repair: 'hold',
    outcome: 'exactly what its guest takes is held now',
    what: ({ uuid, parts }) => `server ${uuid} holds other ${parts} than its guest takes`,
  },
  sizes: {
    repair: null,
    outcome: 'the guest differs from its flavor: resize or rebuild the server',
    what: ({ uuid, resource_class, held, taken }) =>
      `server ${uuid} holds ${held} ${resource_class}, and its guest takes ${taken}`,
  },
  'leaked-hold': {
    repair: 'free',
    outcome: 'what it held is free',
    what: ({ consumer_uuid }) =>
      `${consumer_uuid} is over, an operation or a server, and holds something`,
  },
  'bare-hold': {
    repair: 'free',
    outcome: 'what it held is free',
    what: ({ consumer_uuid }) =>
      `${consumer_uuid} is nobody, and holds CPUs, pages, devices or slots without an allocation`,
  },
  'strange-hold': {
    repair: null,
    outcome: 'somebody put it there through the Placement API: it is theirs to delete',
    what: ({ consumer_uuid }) => `${consumer_uuid} is no server of ours, and holds something`,
  },
  'hold-elsewhere': {
    repair: 'free',
    outcome: 'what it held here is free',
    what: ({ consumer_uuid, server_host }) =>
      `server ${consumer_uuid} is on ${server_host}, and holds something here`,
  },
  'no-move': {
    repair: 'settle',
    outcome: 'the server counts as active, where and as large as it is',
    what: ({ uuid }) => `server ${uuid} was resized, and there is no move to confirm or revert`,
  },
  'stale-fence': {
    repair: 'unfence',
    outcome: 'no operation owns the server any more',
    what: ({ uuid, run_id }) => `server ${uuid} waits for operation ${run_id}, which is over`,
  },
  'over-full': {
    repair: null,
    outcome: 'the inventory was lowered below its use: move something away, or raise it again',
    what: ({ resource, held, limit }) => `${held} of ${resource} are held, of ${limit}`,
  },
  'device-twice': {
    repair: null,
    outcome: 'which of the two really has it cannot be told from here: move one of them away',
    what: ({ device, consumer_uuid, other_uuid }) =>
      `device ${device} is held by ${consumer_uuid}, and what it is part of by ${other_uuid}`,
  },
  'device-gone': {
    repair: null,
    outcome: 'its holder keeps it until it moves or ends; look whether the card is still there',
    what: ({ device, consumer_uuid }) =>
      `device ${device} is held by ${consumer_uuid}, and the host has it no more`,
  },
};

export function sentenceOf(difference: Difference): string {
  const { what } = outcomes[difference.is] as Outcome<Kind>;
  return what(difference as never);
}

export const repairOf = (difference: Difference): Repair | null => outcomes[difference.is].repair;

/** What a difference is about: with its kind and host, it is the same one next time. */
export function subjectOf(difference: Difference): string {
  if ('resource' in difference) return difference.resource;
  if ('device' in difference) return difference.device;
  return 'uuid' in difference ? difference.uuid : difference.consumer_uuid;
}
