/** What the scheduler is asked, and what it answers. */
import type { DeviceAsk } from '../devices/alias.ts';
import type { Amount, Claim } from '../ledger/claim.ts';
import type { GuestManner } from '../ports/order.ts';
import type { ThreadPolicy } from '../topology/cores.ts';
import type { PageWish } from '../topology/pages.ts';
import type { CellRoom } from './cell-rooms.ts';
import type { FilterOptions } from './filter-options.ts';

/** How to choose among the hosts that fit; every weight behind a word can be set as well. */
export type PolicyName = 'spread' | 'pack' | 'balanced';

/** One NUMA node of the guest: it gets one cell of its host to itself (as seen by this guest). */
export interface GuestNode {
  /** Those that share the CPUs of their cell with others. */
  readonly vcpus: number;
  readonly memory_mib: number;
  /** Those that each have a CPU of the host to themselves; left out: none. */
  readonly pinned?: PinnedVcpus;
  /** What its memory is to be made of; left out: ordinary memory, as other guests have it. */
  readonly pages?: PageWish;
}

export interface PinnedVcpus {
  readonly vcpus: readonly number[];
  readonly threads: ThreadPolicy;
  /** One CPU more, for the emulator's threads. */
  readonly emulator: boolean;
}

/** What one provider of the host's tree must give all of: `resourcesX:` and `traitX:`. */
export interface AskGroup {
  readonly suffix: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly required_traits: readonly string[];
  readonly forbidden_traits: readonly string[];
}

/** What filters of aggregates, images, capabilities and hints go by. */
export interface About {
  readonly project_id: string;
  readonly flavor_name: string;
  /** The flavor's `aggregate_instance_extra_specs:` and `capabilities:` keys. */
  readonly specs: Readonly<Record<string, string>>;
  readonly image_id: string | null;
  readonly image: Readonly<Record<string, string>>;
  /** `query`, `build_near_host_ip`, `cidr` */
  readonly hints: Readonly<Record<string, unknown>>;
  readonly options: FilterOptions;
  /** The project goes to hosts of its own aggregates; left out: also to everybody's. */
  readonly own_aggregates_only?: boolean;
}

export interface Ask {
  /** The server: the member of its group, and never in its own way. */
  readonly server_uuid: string;
  /** By resource class name, e.g. VCPU, MEMORY_MB, DISK_GB; zeros are left out. */
  readonly resources: Readonly<Record<string, number>>;
  readonly required_traits: readonly string[];
  readonly forbidden_traits: readonly string[];
  readonly groups: readonly AskGroup[];
  /** `isolate`: no two groups on one provider. */
  readonly group_policy: 'none' | 'isolate';
  /** Devices by alias; left out: none. */
  readonly devices?: readonly DeviceAsk[];
  /** Empty: the guest has no topology and floats over its host. */
  readonly nodes: readonly GuestNode[];
  /** What only a host's driver can see to; left out: nothing. */
  readonly manner?: GuestManner;
  readonly availability_zone: string | null;
  readonly group: { readonly uuid: string; readonly domain: string } | null;
  /** Hosts by name that are out of question, e.g. the source of a move. */
  readonly ignore_hosts: readonly string[];
  /** Hosts that were asked to take it a moment ago, and refused or did not answer. */
  readonly tried_hosts?: readonly string[];
  /** Only these hosts (all filters still apply); null: any. */
  readonly only_hosts: readonly string[] | null;
  readonly policy: PolicyName;
  /** The class of how long it stays (servers/lifetime.ts); left out: nobody says. */
  readonly lifetime?: number;
  readonly about: About;
}

/** Where it goes, and exactly what is to be claimed there. */
export interface Placement {
  readonly host: string;
  readonly provider_id: number;
  readonly amounts: readonly Amount[];
  readonly cells: NonNullable<Claim['cells']>;
  readonly pins: NonNullable<Claim['pins']>;
  readonly pages: NonNullable<Claim['pages']>;
  readonly devices: NonNullable<Claim['devices']>;
  readonly slots: NonNullable<Claim['slots']>;
  /** As it was asked. */
  readonly manner?: GuestManner;
}

/** Which kind of no: stable words, for programs. */
export type RefusalKind =
  /** Nothing here could ever hold it, however empty: ask for something else. */
  | 'impossible'
  /** It would fit if something made room: wait, or see the repairs. */
  | 'no-room'
  /** Every host that could hold it is closed by an operator, or down. */
  | 'hosts-closed'
  /** Every open host that could hold it was asked just now, and refused or did not answer. */
  | 'hosts-failed';

/**
 * What would make a host take it, tried on the books before it was offered. Those without a host
 * change only the request, and are for its owner to read.
 */
export type Repair = { readonly sentence: string } & (
  | { readonly kind: 'other-zone'; readonly availability_zone: string }
  /** Let the scheduler choose, not the request. */
  | { readonly kind: 'any-host' }
  /** Open it to new servers, or bring it back. */
  | { readonly kind: 'enable-host'; readonly host: string }
  | { readonly kind: 'drop-traits'; readonly traits: readonly string[] }
  | {
      readonly kind: 'relax-group';
      readonly group_uuid: string;
      readonly policy: 'soft-affinity' | 'soft-anti-affinity';
    }
  | { readonly kind: 'smaller-flavor'; readonly flavor_id: string }
  /** `amounts` come free once the consumers are elsewhere. */
  | {
      readonly kind: 'free';
      readonly host: string;
      readonly amounts: Readonly<Record<string, number>>;
      readonly consumer_uuids: readonly string[];
    }
  | {
      readonly kind: 'change-traits';
      readonly host: string;
      readonly give: readonly string[];
      readonly take: readonly string[];
    }
);

/** Why no host could take it. Stored, bounded, and shown by the API, the console and the CLI. */
export interface Explanation {
  readonly id: string;
  readonly server_uuid: string;
  readonly asked: Ask;
  readonly decided_at_ms: number;
  readonly refusal: RefusalKind;
  /** Filters in order: how many hosts came in and how many were left. */
  readonly funnel: readonly {
    readonly filter: string;
    readonly in: number;
    readonly out: number;
  }[];
  /** The first failing constraint of each host, at most HOSTS_EXPLAINED_MAX of them. */
  readonly hosts: readonly {
    readonly host: string;
    readonly filter: string;
    readonly reason: string;
    readonly resource: string | null;
    readonly needed: number | null;
    readonly available: number | null;
  }[];
  /** How many hosts there were in all; more than `hosts` holds where it was cut. */
  readonly hosts_total: number;
  /** The host that failed by least, and what would make it fit. */
  readonly nearest_miss: {
    readonly host: string;
    readonly sentence: string;
    /** Who holds there what was asked for, the largest first; left out in old rows. */
    readonly held_by?: readonly {
      readonly consumer_uuid: string;
      readonly name: string;
      readonly amounts: Readonly<Record<string, number>>;
    }[];
    /** What its NUMA cells have left, for a guest with a topology; left out in old rows. */
    readonly cells?: readonly CellRoom[];
  } | null;
  /** The cheapest first. */
  readonly repairs: readonly Repair[];
  /** One sentence for the person who asked. */
  readonly summary: string;
}
