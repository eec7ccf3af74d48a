/**
 * What stands beside the guests of a simulated machine: guests that were set aside, and landings
 * for guests that come off.
 *
 *   guest ──park──► set aside ──unpark──► guest          landing ──land──► guest, off
 *                       └──ship──► (a landing, here or elsewhere)
 */
import type { HypervisorRefusal, HypervisorReply } from '../core/ports/hypervisor.ts';
import type { StepKey } from '../core/ports/order.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';
import type { SimFabric } from './fabric.ts';
import type { SimMachine } from './machine.ts';
import { failed } from './sending.ts';

export interface AsideAbout {
  readonly name: string;
  readonly machine: SimMachine;
  readonly fabric: SimFabric;
  /** Whether the guest is being sent just now. */
  readonly sending: (uuid: string) => boolean;
  /** Writes the machine down, and answers. */
  readonly keep: () => Promise<Reply<void, HypervisorRefusal>>;
}

export class Aside {
  readonly #about: AsideAbout;

  constructor(about: AsideAbout) {
    this.#about = about;
  }

  /** Simulated guests shut down at once when they are asked to: none needs its grace. */
  async park(key: StepKey, uuid: string): HypervisorReply<void> {
    const { machine, keep, sending } = this.#about;
    if (machine.beside.has(key)) return keep();
    const guest = machine.guests.get(uuid);
    if (guest === undefined) return no({ why: 'unknown-guest' });
    if (guest.stage !== 'here' || sending(uuid)) return failed('it is on the move');
    machine.park(guest, key);
    return keep();
  }

  async unpark(key: StepKey, uuid: string, parked: StepKey): HypervisorReply<void> {
    const { machine, keep } = this.#about;
    const aside = machine.beside.get(parked);
    machine.closed.set(parked, true);
    if (aside === undefined) return keep();
    const there = machine.guests.get(uuid);
    if (there !== undefined) return no({ why: 'exists', made_by: there.made_by });
    machine.unpark(aside, key);
    return keep();
  }

  async ship(uuid: string, parked: StepKey, address: string): HypervisorReply<void> {
    const { machine, fabric, name } = this.#about;
    if (fabric.fate(name, address) === 'taken') return done(undefined);
    const aside = machine.beside.get(parked);
    if (aside?.spec.uuid !== uuid) return no({ why: 'unknown-guest' });
    const arrival = await fabric.land(name, address, aside.boots);
    return arrival === 'taken' ? done(undefined) : failed(`the other side: ${arrival}`);
  }

  async land(landing: StepKey, boots: number): Promise<{ taken: boolean; kept: boolean }> {
    const { machine } = this.#about;
    const awaited = machine.beside.get(landing);
    const free = awaited?.stage === 'awaited' && !machine.guests.has(awaited.spec.uuid);
    if (!free || machine.closed.has(landing)) return { taken: false, kept: true };
    machine.land(awaited, boots);
    return { taken: true, kept: (await machine.keep()).is === 'done' };
  }
}
