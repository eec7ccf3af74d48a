/** What operators set for filters; an aggregate of a host may say otherwise for it. */

export interface FilterOptions {
  /** The most servers on a host; null: as many as fit. Metadata `max_instances_per_host`. */
  readonly max_servers: number | null;
  /** The most servers of a host being worked on; null: any. Metadata `max_io_ops_per_host`. */
  readonly max_busy: number | null;
  /** Images that go to `isolated_hosts` alone. */
  readonly isolated_images: readonly string[];
  readonly isolated_hosts: readonly string[];
  /** Whether `isolated_hosts` take nothing else. */
  readonly isolated_hosts_only_for_images: boolean;
  /** A host whose aggregate says `trait:X=required` takes only those that require X. */
  readonly isolate_aggregates: boolean;
  /** An image goes only to hosts that say they can read its format (COMPUTE_IMAGE_TYPE_…). */
  readonly image_type_support: boolean;
  /** What hosts' own figures are worth; null: nothing (weighers/metrics.ts). */
  readonly metrics: MetricsOptions | null;
  /** What each property is worth that images of a host's servers have too; null: nothing. */
  readonly image_props: ImageProps | null;
  /** What an image is for that does not say; null: anything. */
  readonly default_architecture: string | null;
  /** How keys of aggregates begin that speak of images; '': all may. */
  readonly aggregate_image_keys: string;
  /** Whether projects that aggregates name go nowhere else; `required`: the others nowhere. */
  readonly own_aggregates: 'ignored' | 'kept' | 'required';
  /** Where servers go that name no zone; null: anywhere. */
  readonly default_zone: string | null;
}

export interface MetricsOptions {
  /** By metric: what one of it is worth, below zero where less is better. */
  readonly weights: Readonly<Record<string, number>>;
  /** Hosts that do not tell all of them take nothing. */
  readonly required: boolean;
  /** What the others' figures are taken for otherwise. */
  readonly unavailable: number;
}

/** Weights by property; none: each of the image's properties is worth 1. */
export type ImageProps = Readonly<Record<string, number>>;

export const STANDARD_OPTIONS: FilterOptions = {
  max_servers: null,
  max_busy: null,
  isolated_images: [],
  isolated_hosts: [],
  isolated_hosts_only_for_images: true,
  isolate_aggregates: true,
  image_type_support: false,
  default_architecture: null,
  aggregate_image_keys: '',
  own_aggregates: 'ignored',
  metrics: null,
  image_props: null,
  default_zone: null,
};

/** The least of what the aggregates say; what is no number is as if not said. */
export function limitOf(
  metadata: readonly Readonly<Record<string, string>>[],
  key: string,
  otherwise: number | null,
): number | null {
  const said = metadata.map((one) => one[key] ?? '').filter((text) => /^\d{1,9}$/.test(text));
  return said.length === 0 ? otherwise : Math.min(...said.map(Number));
}
