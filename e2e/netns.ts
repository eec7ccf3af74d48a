/**
 * Two network namespaces as two machines, on one wire that can be pulled; each reaches this machine
 * by a wire of its own, for its control plane.
 *
 *     a 10.79.0.1 ──── wire ──── 10.79.0.2 b
 *       10.79.1.2                10.79.2.2
 *           └──── 10.79.1.1  10.79.2.1 ────┘   here
 */
import { ip, Namespaces } from './namespaces.ts';

export type Side = 'a' | 'b';
export const SIDES: readonly Side[] = ['a', 'b'];
const AT = { a: 1, b: 2 } as const;

export class TwoMachines extends Namespaces<Side> {
  constructor() {
    super(SIDES);
    this.make(() => this.#wire());
  }

  #wire(): void {
    const [a, b] = [this.name('a'), this.name('b')];
    ip(`link add wire netns ${a} type veth peer name wire netns ${b}`);
    for (const side of SIDES) {
      const [name, at, here] = [this.name(side), AT[side], `p${this.mark}${side}`];
      ip(`link add home netns ${name} type veth peer name ${here}`);
      ip(`addr add 10.79.${at}.1/30 dev ${here}`);
      ip(`link set ${here} up`);
      ip(`-n ${name} addr add 10.79.${at}.2/30 dev home`);
      ip(`-n ${name} addr add ${this.address(side)}/24 dev wire`);
      for (const link of ['lo', 'home', 'wire']) ip(`-n ${name} link set ${link} up`);
    }
  }

  /** On the wire between the two. */
  address = (side: Side): string => `10.79.0.${AT[side]}`;
  /** Of this machine, as that one sees it. */
  here = (side: Side): string => `10.79.${AT[side]}.1`;

  /** What is on the wire is lost, and nobody is told: the other end only hears nothing. */
  cut(): void {
    for (const side of SIDES) ip(`-n ${this.name(side)} link set wire down`);
  }

  mend(): void {
    for (const side of SIDES) ip(`-n ${this.name(side)} link set wire up`);
  }
}
