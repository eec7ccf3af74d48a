/**
 * Six network namespaces as six machines, each with a link of its own to every other, which can be
 * pulled alone: two control planes, three hosts, and one for what all share.
 *
 *     p1 ─── p2            fifteen links; each machine has one address, 10.80.0.N, on all of them
 *     │ ╲   ╱ │
 *     │   s   │            p1 and p2 are reached from here as well, by 10.80.1N.2
 *     │ ╱ │ ╲ │
 *     h1 ─ h2 ─ h3
 */
import { ip, Namespaces } from './namespaces.ts';

export const HOSTS = ['h1', 'h2', 'h3'] as const;
export const PLANES = ['p1', 'p2'] as const;
export const MACHINES = [...PLANES, ...HOSTS, 's'] as const;
export type Machine = (typeof MACHINES)[number];
export type Host = (typeof HOSTS)[number];
export type Plane = (typeof PLANES)[number];

export type Link = readonly [Machine, Machine];
export const LINKS: readonly Link[] = MACHINES.flatMap((one, at) =>
  MACHINES.slice(at + 1).map((other): Link => [one, other]),
);

export class SixMachines extends Namespaces<Machine> {
  constructor() {
    super(MACHINES);
    this.make(() => this.#wire());
  }

  #wire(): void {
    for (const machine of MACHINES) {
      ip(`-n ${this.name(machine)} addr add ${this.address(machine)}/32 dev lo`);
      ip(`-n ${this.name(machine)} link set lo up`);
    }
    for (const [one, other] of LINKS) {
      const peer = `peer name to-${one} netns ${this.name(other)}`;
      ip(`link add to-${other} netns ${this.name(one)} type veth ${peer}`);
      this.mend([one, other]);
    }
    for (const plane of PLANES) this.#openHome(plane);
  }

  #openHome(plane: Plane): void {
    const [name, here] = [this.name(plane), `p${this.mark}${plane}`];
    ip(`link add home netns ${name} type veth peer name ${here}`);
    ip(`addr add ${this.home(plane).replace(/2$/, '1')}/30 dev ${here}`);
    ip(`link set ${here} up`);
    ip(`-n ${name} addr add ${this.home(plane)}/30 dev home`);
    ip(`-n ${name} link set home up`);
  }

  address = (machine: Machine): string => `10.80.0.${MACHINES.indexOf(machine) + 1}`;
  /** As it is reached from here. */
  home = (plane: Plane): string => `10.80.1${MACHINES.indexOf(plane) + 1}.2`;
  /** What has a command run on it. */
  within = (machine: Machine): string[] => ['ip', 'netns', 'exec', this.name(machine)];

  /** What was said over it is lost, and who sends over it is told that there is no way. */
  cut([one, other]: Link): void {
    ip(`-n ${this.name(one)} link set to-${other} down`);
    ip(`-n ${this.name(other)} link set to-${one} down`);
  }

  /** A link that was down has lost its route. */
  mend([one, other]: Link): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      ip(`-n ${this.name(from)} link set to-${to} up`);
      const route = `${this.address(to)}/32 dev to-${to} src ${this.address(from)}`;
      ip(`-n ${this.name(from)} route replace ${route}`);
    }
  }
}
