/**
 * Three pictures of one host held against each other: what the ledger says is held there, which
 * operations are under way, and which guests really are there.
 *
 *                        in the books      on the machine     nobody's operation
 *   all is well          server here       its guest, runs
 *   crashed              active here       its guest, has crashed          → start it
 *   shut down            active or paused  its guest, is off               → the server is stopped
 *   runs though stopped  stopped here      its guest, runs                 → switch it off
 *   wrong power          any other pair of what it should be and is        → told
 *   no guest             server here       –                               → the server is in error
 *   stray guest          server elsewhere  a guest                         → destroy that guest,
 *                        (or nowhere)                                        or the server is here
 *   turned back          server here       its guest is aside, and what a
 *                                          move left that was undone       → destroy that guest
 *   unknown guest        no server         a guest                         → destroy that guest
 *                        (so too what was set aside for a move that is over)
 *   no move              resized, by no move we know                       → it is active
 *   left aside           server here       only what a move set aside      → bring it back
 *   no hold, wrong hold  server here       its guest takes something else  → hold that
 *   sizes                server here       is not of its flavor            → told
 *   hold elsewhere       server elsewhere, holds here                      → free it
 *   leaked, bare hold    held by a run that has ended, or by nobody at all → free it
 *   strange hold         allocated to nobody we know                       → told
 *   over full, device twice or gone, stale fence: picture.ts sees them     (outcomes.ts)
 *
 *   AU1  what an operation owns is left to it, whatever it looks like;
 *   AU2  a guest is destroyed only as what one step made it: a later landing of the same server is
 *        another guest, so an old picture does no harm;
 *   AU3  allocations that somebody else put into the books are never freed: only our own.
 *
 * Nothing here acts: audit.ts does. What becomes of each kind is a table: outcomes.ts.
 */
import type { GuestReport, PowerState, StepKey } from '../ports/order.ts';

/** A server as the audit needs it. */
export interface AuditedServer {
  readonly uuid: string;
  readonly host: string | null;
  /** Of one that was resized: as it was before; `resized`, if no move of it is known. */
  readonly vm_state: string;
  /** The host on which something of it is set aside until its move is confirmed; null: none. */
  readonly aside_on: string | null;
  /** The step that set that aside; null: none. */
  readonly aside_by: StepKey | null;
  /** Steps that were undone while its host was down: what they made is still there, and wrong. */
  readonly waived: readonly StepKey[];
  /** An operation is under way, or got stuck: it owns whatever looks odd. */
  readonly owned: boolean;
  /** Nothing about it has changed while the pictures were taken. */
  readonly steady: boolean;
  /** Which parts of what it holds here are not what its guest takes. */
  readonly misheld: readonly string[];
}

export interface AuditedHold {
  readonly consumer_uuid: string;
  /** Whose it is: of a server (by its id), of a run that may still act, of one that has ended. */
  readonly of: 'server' | 'run' | 'ended run' | 'nobody known';
  /** By resource class name, over the host's whole tree. */
  readonly amounts: Readonly<Record<string, number>>;
}

export interface Picture {
  readonly host: string;
  readonly guests: readonly GuestReport[];
  /** Those that say they are here, and those whose guests are. */
  readonly servers: readonly AuditedServer[];
  /** All that is held on the host's tree. */
  readonly holds: readonly AuditedHold[];
  /** What is wrong whatever the machine says. */
  readonly troubles: readonly Difference[];
}

export type Difference =
  | { readonly is: 'unknown-guest'; readonly uuid: string; readonly made_by: string }
  | {
      readonly is: 'stray-guest';
      readonly uuid: string;
      readonly made_by: string;
      readonly server_host: string | null;
    }
  /** Its move turned back while the host was away: this is the server's own guest. */
  | { readonly is: 'left-aside'; readonly uuid: string; readonly parked: StepKey }
  /** `after`: the step that made or switched it last. */
  | { readonly is: 'crashed'; readonly uuid: string; readonly after: StepKey }
  /** The guest has ended by itself, or what it had in memory is lost. */
  | { readonly is: 'shut-down'; readonly uuid: string }
  | {
      readonly is: 'wrong-power';
      readonly uuid: string;
      readonly vm_state: string;
      readonly power: PowerState;
    }
  | {
      readonly is: 'runs-though-stopped';
      readonly uuid: string;
      readonly power: PowerState;
      readonly after: StepKey;
    }
  | { readonly is: 'no-guest'; readonly uuid: string }
  | { readonly is: 'no-move'; readonly uuid: string }
  | { readonly is: 'no-hold'; readonly uuid: string }
  | {
      readonly is: 'sizes';
      readonly uuid: string;
      readonly resource_class: string;
      readonly held: number;
      readonly taken: number;
    }
  | { readonly is: 'wrong-hold'; readonly uuid: string; readonly parts: string }
  | { readonly is: 'leaked-hold'; readonly consumer_uuid: string }
  | { readonly is: 'bare-hold'; readonly consumer_uuid: string }
  | { readonly is: 'strange-hold'; readonly consumer_uuid: string }
  | {
      readonly is: 'hold-elsewhere';
      readonly consumer_uuid: string;
      readonly server_host: string | null;
    }
  | { readonly is: 'stale-fence'; readonly uuid: string; readonly run_id: string }
  | {
      readonly is: 'over-full';
      readonly resource: string;
      readonly held: number;
      readonly limit: number;
    }
  | {
      readonly is: 'device-twice';
      readonly device: string;
      readonly consumer_uuid: string;
      readonly other_uuid: string;
    }
  | { readonly is: 'device-gone'; readonly device: string; readonly consumer_uuid: string };

export function classify(picture: Picture): Difference[] {
  const servers = new Map(picture.servers.map((server) => [server.uuid, server]));
  const own = picture.guests.filter((guest) => isOwn(guest, servers.get(guest.uuid)));
  const guests = new Map(own.map((guest) => [guest.uuid, guest]));
  const holds = new Map(picture.holds.map((hold) => [hold.consumer_uuid, hold]));
  return [
    ...picture.guests.flatMap((guest) => {
      const alone = !guests.has(guest.uuid);
      return ofGuest(picture.host, guest, alone, servers.get(guest.uuid));
    }),
    ...picture.servers.flatMap((server) =>
      ofServer(picture.host, server, guests.get(server.uuid), holds.get(server.uuid)),
    ),
    ...picture.holds.flatMap((hold) => ofHold(picture.host, hold, servers.get(hold.consumer_uuid))),
    ...picture.troubles,
  ];
}

/** What may be a server's guest: neither on its way, nor what a move brought that was undone. */
const isOwn = ({ parked, awaited, made_by }: GuestReport, server: AuditedServer | undefined) =>
  !parked && !awaited && server?.waived.includes(made_by) !== true;

/** A guest that is here and should not be, or not aside. `alone`: nothing else here is its own. */
function ofGuest(
  host: string,
  guest: GuestReport,
  alone: boolean,
  server: AuditedServer | undefined,
): Difference[] {
  const { uuid, made_by, parked } = guest;
  if (server === undefined) return [{ is: 'unknown-guest', uuid, made_by }];
  if (server.owned) return [];
  const here = server.host === host;
  if (here && !server.steady) return [];
  if (parked ? isKeptAside(host, made_by, server) : here && isOwn(guest, server)) return [];
  if (parked && alone && here) return [{ is: 'left-aside', uuid, parked: made_by }];
  return [{ is: 'stray-guest', uuid, made_by, server_host: server.host }];
}

const isKeptAside = (host: string, made_by: StepKey, { aside_on, aside_by }: AuditedServer) =>
  aside_on === host && aside_by === made_by;

/** A server that should be here: its guest, and what it holds. */
function ofServer(
  host: string,
  server: AuditedServer,
  guest: GuestReport | undefined,
  hold: AuditedHold | undefined,
): Difference[] {
  const { uuid, vm_state, owned, steady } = server;
  if (owned || !steady || server.host !== host) return [];
  if (vm_state === 'resized') return [{ is: 'no-move', uuid }];
  if (!Object.hasOwn(expected, vm_state)) return [];
  if (hold === undefined) return [{ is: 'no-hold', uuid }];
  if (guest === undefined) return [{ is: 'no-guest', uuid }];
  return [...powers(vm_state, guest), ...amounts(server, guest, hold)];
}

/** The states in which a server has a guest on its host, and what that may be then. */
export const expected: Readonly<Record<string, readonly PowerState[]>> = {
  active: ['running'],
  stopped: ['off', 'crashed'],
  paused: ['paused'],
  suspended: ['suspended'],
  shelved: ['off', 'crashed'],
  rescued: ['running', 'off', 'crashed'],
  'soft-delete': ['off', 'crashed'],
};

/** What was stopped or paused on purpose stays so; what ended by itself is not started again. */
function powers(vm_state: string, { uuid, power, ...guest }: GuestReport): Difference[] {
  if (expected[vm_state]?.includes(power) === true) return [];
  if (vm_state === 'active' && power === 'crashed') {
    return [{ is: 'crashed', uuid, after: guest.switched_by ?? guest.made_by }];
  }
  if (vm_state === 'stopped') {
    return [{ is: 'runs-though-stopped', uuid, power, after: guest.switched_by ?? guest.made_by }];
  }
  const ended = power === 'off' || power === 'crashed';
  if (ended && vm_state !== 'suspended') return [{ is: 'shut-down', uuid }];
  return [{ is: 'wrong-power', uuid, vm_state, power }];
}

function amounts(
  { uuid, misheld }: AuditedServer,
  guest: GuestReport,
  hold: AuditedHold,
): Difference[] {
  if (misheld.length === 0) return sizes(guest, hold);
  return [{ is: 'wrong-hold', uuid, parts: misheld.join(', ') }];
}

/** vCPUs and memory are held where the guest is; its disk may be on shared storage. */
function sizes({ uuid, vcpus, memory_mib }: GuestReport, { amounts }: AuditedHold): Difference[] {
  const taken = { VCPU: vcpus, MEMORY_MB: memory_mib };
  return Object.entries(taken).flatMap(([resource_class, count]) => {
    const held = (amounts[resource_class] ?? 0) + (resource_class === 'VCPU' ? pinned(amounts) : 0);
    return held === count ? [] : [{ is: 'sizes', uuid, resource_class, held, taken: count }];
  });
}

const pinned = (amounts: AuditedHold['amounts']): number => amounts['PCPU'] ?? 0;

/** Something held here by whom it should not be. */
function ofHold(
  host: string,
  { consumer_uuid, of, amounts: held }: AuditedHold,
  server: AuditedServer | undefined,
): Difference[] {
  if (of === 'ended run') return [{ is: 'leaked-hold', consumer_uuid }];
  const bare = Object.keys(held).length === 0;
  if (of === 'nobody known') return [{ is: bare ? 'bare-hold' : 'strange-hold', consumer_uuid }];
  if (server === undefined || server.owned || !server.steady || server.host === host) return [];
  return [{ is: 'hold-elsewhere', consumer_uuid, server_host: server.host }];
}
