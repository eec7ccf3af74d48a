/** Where a hypervisor's promises are tried, and the words that they are told in. */
import { assert, never } from '../base/units.ts';
import type { Guest, Hypervisor, HypervisorRefusal } from './hypervisor.ts';
import type { GuestSpec, PowerTarget } from './order.ts';
import type { Reply } from './reply.ts';

/** Two machines with a way between them, and guests small enough for either. */
export interface HypervisorLab {
  /** How many bytes are saved of that image; null: none. */
  readonly saved: (image_id: string) => Promise<number | null>;
  readonly here: Hypervisor;
  readonly there: Hypervisor;
  readonly guest: GuestSpec;
}

export function sure<T>(reply: Reply<T, HypervisorRefusal>): T {
  switch (reply.is) {
    case 'done':
      return reply.value;
    case 'no':
    case 'lost':
      return assert(false, `answered ${JSON.stringify(reply)}`) as never;
    default:
      return never(reply);
  }
}

export function refused(
  reply: Reply<unknown, HypervisorRefusal>,
  why: HypervisorRefusal['why'],
): void {
  assert(reply.is === 'no' && reply.why.why === why, `not ${why}: ${JSON.stringify(reply)}`);
}

export async function on(hypervisor: Hypervisor, { uuid }: GuestSpec): Promise<Guest | undefined> {
  return sure(await hypervisor.guests()).find(({ spec }) => spec.uuid === uuid);
}

/** All that there is of it, which is one thing. */
export async function alone(where: Hypervisor, { uuid }: GuestSpec): Promise<Guest> {
  const all = sure(await where.guests()).filter(({ spec }) => spec.uuid === uuid);
  const [one] = all;
  assert(one !== undefined && all.length === 1, JSON.stringify(all));
  return one as Guest;
}

export const runsOnly = (where: Hypervisor, notOn: Hypervisor, guest: GuestSpec): Promise<void> =>
  isOnly('running', where, notOn, guest);

export async function isOnly(
  power: PowerTarget,
  where: Hypervisor,
  notOn: Hypervisor,
  guest: GuestSpec,
): Promise<void> {
  const found = await on(where, guest);
  assert(found?.power === power && !found.awaited, `is ${JSON.stringify(found)}`);
  assert((await on(notOn, guest)) === undefined, 'and on the other machine as well');
}

/** From one power state to the next, each asked for by a step of its own. */
export async function switched(here: Hypervisor, guest: GuestSpec, ...states: PowerTarget[]) {
  for (const [at, to] of states.entries()) {
    sure(await here.power(`r/switch ${at}`, guest.uuid, to, 0));
    assert((await on(here, guest))?.power === to, `not ${to}`);
  }
}

export type Promises = Readonly<Record<string, (lab: HypervisorLab) => Promise<void>>>;
