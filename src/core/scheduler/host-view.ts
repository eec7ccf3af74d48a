/**
 * One host as filters and weighers see it: a window that is moved over the books.
 *
 * There is one for all hosts of a search, so that looking at ten thousand makes no object: `at`
 * moves it, and everything read from it is about the host it stands on.
 */
import { byText } from '../base/order.ts';
import { type AggregateHostRow, aggregateHosts, metadataOfHost } from '../fleet/aggregate-rows.ts';
import { type BuildFailureRow, buildFailures } from '../fleet/health-rows.ts';
import { type HostMetricsRow, hostMetrics, type Metrics } from '../fleet/metric-rows.ts';
import type { HostRow } from '../fleet/rows.ts';
import { hosts } from '../fleet/rows.ts';
import type { Books, Cell } from '../ledger/books.ts';
import type { DeviceRow } from '../ledger/device-rows.ts';
import type { View } from '../ledger/draft.ts';
import { freePages } from '../ledger/pages.ts';
import type { ReadShelf } from '../ledger/shelf.ts';
import { lifetimeOf } from '../servers/lifetime.ts';
import { images, type ServerRow, servers } from '../servers/rows.ts';
import { mibOf } from '../topology/pages.ts';
import { Headroom } from './headroom.ts';
import type { NamedId, Shape, Wanted } from './plugin.ts';
import { sharersOf } from './sharing.ts';

const noCells: readonly Cell[] = [];
/** Longer than any lifetime that can be written. */
const LASTING = 32;

type Metadata = readonly Readonly<Record<string, string>>[];
const noMetadata: Metadata = [];
const noProperties: Readonly<Record<string, string>> = {};
const noFailures: readonly BuildFailureRow[] = [];

export class HostView {
  readonly books: Books;
  readonly #view: View;
  readonly #hosts: ReadShelf<HostRow>;
  readonly #inAggregates: ReadShelf<AggregateHostRow>;
  readonly #told: ReadShelf<HostMetricsRow>;
  readonly #failed: ReadShelf<BuildFailureRow>;
  readonly headroom: Headroom;
  /** Whether the policy that is asked weighs headroom (score.ts). */
  heeds_headroom = false;
  /** Of the host that it stands on; null: not looked up yet. */
  #metadata: Metadata | null = null;
  provider_id = 0;
  tree: readonly number[] = [];
  cells: readonly Cell[] = noCells;
  devices: readonly DeviceRow[] = [];
  #row: HostRow | undefined;
  /** Free in each cell; and where the guest's nodes go: `seat[node]` is a place in `cells`. */
  free_vcpus = new Float64Array(8);
  /** Ordinary memory, for those whose memory may be over-committed; and for those whose may not. */
  free_memory_mib = new Float64Array(8);
  bare_memory_mib = new Float64Array(8);
  /** Memory of whatever pages: what the weighers look at. */
  any_memory_mib = new Float64Array(8);
  readonly seat: number[] = [];
  /** What `score` found last (score.ts). */
  failed = 0;

  constructor(view: View) {
    this.#view = view;
    this.books = view.books;
    this.#hosts = view.rows(hosts);
    this.#inAggregates = view.rows(aggregateHosts);
    this.#told = view.rows(hostMetrics);
    this.#failed = view.rows(buildFailures);
    this.headroom = new Headroom(view);
  }

  get row(): HostRow {
    return this.#row as HostRow;
  }

  /** Stands on the host of this root provider; false: it is no host's. */
  at(provider: number): boolean {
    const name = this.books.providers[provider]?.name;
    this.#row = name === undefined ? undefined : this.#hosts.get(name);
    if (this.#row?.provider_id !== provider) return false;
    this.provider_id = provider;
    this.#metadata = null;
    this.tree = this.books.trees.get(provider) ?? [];
    this.cells = this.books.cells[provider] ?? noCells;
    this.devices = this.books.devices.on(provider);
    this.#readCells();
    return true;
  }

  /** What each aggregate of the host says of it. */
  get metadata(): Metadata {
    if (this.#inAggregates.size === 0) return noMetadata;
    this.#metadata ??= metadataOfHost(this.#view, this.row.name);
    return this.#metadata;
  }

  /** The longest lifetime class of its servers, LASTING where one has none; −1: it has none. */
  get longest_lifetime(): number {
    let longest = -1;
    for (const server of this.#view.rows(servers).by('host', this.row.name)) {
      const known = lifetimeOf(server);
      const stays = known.is === 'done' && known.value !== null ? known.value : LASTING;
      if (stays > longest) longest = stays;
    }
    return longest;
  }

  /** What it last told of itself; undefined: nothing. */
  get metrics(): Metrics | undefined {
    return this.#told.get(this.row.name)?.figures;
  }

  /** Those of the images of its servers, as they are now. */
  get image_properties(): readonly Readonly<Record<string, string>>[] {
    const known = this.#view.rows(images);
    const there = this.#view.rows(servers).by('host', this.row.name);
    return there.map(({ image_id }) => known.get(image_id ?? '')?.properties ?? noProperties);
  }

  /** What all images have of what the shape compares: a change concerns whoever has servers. */
  imageDigest({ alike }: Shape): string {
    if (alike.length === 0) return '';
    const all = [...this.#view.rows(images).values()].map(({ id, properties }) => [
      id,
      ...alike.map(({ property }) => properties[property] ?? null),
    ]);
    return JSON.stringify(all.sort(([a], [b]) => byText(String(a), String(b))));
  }

  /** Builds that failed there lately. */
  get failures(): readonly BuildFailureRow[] {
    return this.#failed.size === 0 ? noFailures : this.#failed.by('host', this.row.name);
  }

  /** How many hold something of the host itself: its servers, and those on their way. */
  get consumers(): number {
    return this.books.holders[this.provider_id]?.size ?? 0;
  }

  /** How many of its servers are being worked on. */
  get busy(): number {
    const there: readonly ServerRow[] = this.#view.rows(servers).by('host', this.row.name);
    return there.filter(({ task_state }) => task_state !== null).length;
  }

  /** The provider of the host's tree that has room for it, the root if it can be; −1: none. */
  providerFor({ id, amount }: Wanted): number {
    if (id < 0) return -1;
    const column = this.books.column(id);
    for (const provider of this.tree) if (column.fits(provider, amount)) return provider;
    return -1;
  }

  /** Where it would be taken from: its own tree, else whoever shares with it; −1: nowhere. */
  sourceFor(wanted: Wanted): number {
    const own = this.providerFor(wanted);
    if (own >= 0 || wanted.id < 0) return own;
    const column = this.books.column(wanted.id);
    for (const provider of this.sharers) if (column.fits(provider, wanted.amount)) return provider;
    return -1;
  }

  /** Who shares with it, rising by id. */
  get sharers(): readonly number[] {
    return sharersOf(this.books, this.tree);
  }

  /**
   * How much of it is used once the shape is placed, 0 to 1, where it would be taken from. NaN for
   * what is shared: it says nothing about this host.
   */
  shareAfter(wanted: Wanted): number {
    const column = this.books.column(wanted.id);
    const provider = this.providerFor(wanted);
    if (provider < 0) return Number.NaN;
    const limit = column.limit[provider] as number;
    return limit > 0 ? ((column.used[provider] as number) + wanted.amount) / limit : 1;
  }

  hasTrait({ id }: NamedId): boolean {
    if (id < 0) return false;
    for (const provider of this.tree) if (this.books.hasTrait(provider, id)) return true;
    return false;
  }

  /** Takes the nodes of `shape` out of the free room of their cells; −1 puts them back. */
  occupy({ nodes }: Shape, times: 1 | -1): void {
    for (let node = 0; node < nodes.length; node++) {
      const cell = this.seat[node] as number;
      const { vcpus, memory_mib } = nodes[node] as Shape['nodes'][number];
      this.free_vcpus[cell] = (this.free_vcpus[cell] as number) - times * vcpus;
      this.any_memory_mib[cell] = (this.any_memory_mib[cell] as number) - times * memory_mib;
    }
  }

  #readCells(): void {
    const { length } = this.cells;
    if (length > this.free_vcpus.length) this.#grow(length);
    for (let at = 0; at < length; at++) {
      const { row, vcpus_used, memory_mib_used } = this.cells[at] as Cell;
      this.free_vcpus[at] = row.vcpus - vcpus_used;
      this.free_memory_mib[at] = row.memory_limit_mib - memory_mib_used;
      this.bare_memory_mib[at] = row.memory_mib - memory_mib_used;
      this.any_memory_mib[at] = this.free_memory_mib[at] as number;
    }
    this.#readPages();
  }

  #grow(length: number): void {
    this.free_vcpus = new Float64Array(length);
    this.free_memory_mib = new Float64Array(length);
    this.bare_memory_mib = new Float64Array(length);
    this.any_memory_mib = new Float64Array(length);
  }

  /** Pools and cells are both in the order of cells. */
  #readPages(): void {
    let at = 0;
    for (const pool of this.books.pages.of(this.provider_id)) {
      while (at < this.cells.length && (this.cells[at] as Cell).row.cell < pool.row.cell) at++;
      if (this.cells[at]?.row.cell !== pool.row.cell) continue;
      const free_mib = mibOf(Math.max(0, freePages(pool)), pool.row.size_kib);
      this.any_memory_mib[at] = (this.any_memory_mib[at] as number) + free_mib;
    }
  }
}
