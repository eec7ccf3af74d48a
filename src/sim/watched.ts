/**
 * What checkers see of a machine: asked after every event, and nearly always the same as before, so
 * that is looked at first. The same value for as long as nothing changes there.
 */
import type { PowerState } from '../core/ports/order.ts';
import type { WatchedHost } from './checkers/hosts.ts';
import type { Resident, SimMachine } from './machine.ts';

type Residents = Pick<SimMachine, 'guests' | 'beside'>;

export function watchedOn(
  name: string,
  machine: Residents,
  before: WatchedHost | null = null,
): WatchedHost {
  if (before !== null && isStill(before, machine)) return before;
  const aside = [...machine.beside.values()];
  return {
    name,
    guests: [...machine.guests.values()].map((guest) => ({
      uuid: guest.spec.uuid,
      image_id: guest.spec.image_id,
      rescued: guest.rescued,
      power: powerSeen(guest),
    })),
    aside: aside.map(({ spec }) => spec.uuid),
    specs: [...machine.guests.values(), ...aside].map(({ spec }) => spec),
  };
}

/** The same specs in the same order, and as they were. */
function isStill({ guests, specs }: WatchedHost, machine: Residents): boolean {
  let at = 0;
  for (const guest of machine.guests.values()) {
    const { power, rescued } = guests[at] ?? {};
    const same = power === powerSeen(guest) && rescued === guest.rescued;
    if (specs[at++] !== guest.spec || !same) return false;
  }
  if (at !== guests.length) return false;
  for (const { spec } of machine.beside.values()) if (specs[at++] !== spec) return false;
  return at === specs.length;
}

/** Whoever is on the way, or awaited, does not run here. */
const powerSeen = ({ stage, power }: Resident): PowerState => (stage === 'here' ? power : 'paused');
