/**
 * What a filter and a weigher are: pure functions of one request and one host.
 *
 *   shape    what requests of one class share: amounts, traits, nodes, zone, policy
 *   request  a shape with what is this request's own: its server, group, named hosts
 *
 * Filters of a shape and weighers are asked once for each host whose books have changed, and their
 * answer is kept (classes.ts); filters of a request are asked while the ranking is walked. They can
 * reach no store, no clock and no other host: the type gives them none.
 */
import type { DeviceAsk } from '../devices/alias.ts';
import type { SlotGroupRow } from '../ledger/rows.ts';
import type { Ask, GuestNode, PolicyName } from './ask.ts';
import type { MetricsOptions } from './filter-options.ts';
import type { HostView } from './host-view.ts';

/** Fleet changes after which a host that was turned down may pass. */
export type Wake =
  | 'host.added'
  | 'host.enabled'
  | 'host.changed'
  | 'server.gone'
  | 'inventory.grown';

/** Why not there, in a sentence, and in numbers where it is a matter of how much. */
export interface Objection {
  readonly reason: string;
  readonly resource: string | null;
  readonly needed: number | null;
  readonly available: number | null;
}

/** An objection that is no matter of how much. */
export const plainly = (reason: string): Objection => ({
  reason,
  resource: null,
  needed: null,
  available: null,
});

export interface Filter<R extends Shape = Shape> {
  readonly name: string;
  /** Which changes could make an objection out of date. Empty: it stands for good. */
  readonly wakes: readonly Wake[];
  /** Asked often: makes no objects. */
  readonly allows: (request: R, host: HostView) => boolean;
  /** Asked only where `allows` said no: one sentence for whoever asks "why not there?". */
  readonly objection: (request: R, host: HostView) => Objection;
}

export interface Weigher {
  readonly name: WeigherName;
  /** From 0, worst, to 1, best, whatever the other hosts are. Asked only of hosts that pass. */
  readonly merit: (shape: Shape, host: HostView) => number;
}

export type WeigherName =
  | 'ram'
  | 'cpu'
  | 'disk'
  | 'io-ops'
  | 'num-instances'
  | 'hypervisor-version'
  | 'build-failure'
  | 'lifetime'
  | 'headroom'
  | 'room'
  | 'packing'
  | 'balanced'
  | 'whole-cells'
  | 'quiet'
  | 'siblings'
  | 'opened'
  | 'spared-devices'
  | 'metrics'
  | 'image-props';
/** The two that look at the group of the request, not at its class. */
export type WishName = 'soft-affinity' | 'soft-anti-affinity';
export type Weights = Readonly<Record<WeigherName | WishName, number>>;

/** The part of a request that many share, its names looked up in the books. */
export interface Shape {
  readonly key: string;
  readonly resources: readonly Wanted[];
  readonly required: readonly NamedId[];
  readonly forbidden: readonly NamedId[];
  /** All of each from one provider. */
  readonly groups: readonly WantedGroup[];
  readonly isolate: boolean;
  readonly nodes: readonly GuestNode[];
  readonly devices: readonly DeviceAsk[];
  readonly availability_zone: string | null;
  readonly policy: PolicyName;
  /** Its group would like to be together. */
  readonly gathers: boolean;
  /** The class of how long it stays; null: nobody says. */
  readonly lifetime: number | null;
  /** Null: no figures are weighed. */
  readonly metrics: MetricsOptions | null;
  /** What of its image is worth something where others have it too. */
  readonly alike: readonly Alike[];
}
/** A property of the image. */
export interface Alike {
  readonly property: string;
  readonly value: string;
  readonly weight: number;
}

/** A name of the ask and its id in the books; −1: nobody has heard of it yet. */
export interface NamedId {
  readonly name: string;
  readonly id: number;
}
export interface Wanted extends NamedId {
  readonly amount: number;
}

export interface WantedGroup {
  readonly suffix: string;
  readonly resources: readonly Wanted[];
  readonly required: readonly NamedId[];
  readonly forbidden: readonly NamedId[];
}

export interface Request extends Shape {
  readonly ask: Ask;
  /** Null where there is none, or where it was deleted since: then it binds nobody. */
  readonly group: SlotGroupRow | null;
}
