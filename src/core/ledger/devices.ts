/**
 * The devices of hosts in memory: which there are, who holds each, and which are free.
 *
 *   on     by host: its devices, by id                     (device)
 *   held   by host and device: the one that holds it       (device_hold)
 *   pools  by provider: the devices that its inventories count
 *
 *   DV1  a device has at most one holder: it is the key of its row. What is free is offered, held
 *        by nobody, and neither is anything that it is part of or that is part of it.
 *
 * A pool's inventories follow its devices: total, how many there are; reserved, how many of those
 * are neither held nor free. So whoever looks at inventories alone is never promised too much.
 */
import { byText } from '../base/order.ts';
import { at, newList, newMap, place } from '../base/places.ts';
import { present } from '../base/units.ts';
import type { DeviceHoldRow, DeviceRow } from './device-rows.ts';

const nothing: readonly never[] = [];
/** A share of a function of a card, and one more: no report can lead us in a circle. */
const NESTED_MAX = 4;

export class Devices {
  readonly #on: (DeviceRow[] | undefined)[] = [];
  readonly #byId: (Map<string, DeviceRow> | undefined)[] = [];
  readonly #held: (Map<string, DeviceHoldRow> | undefined)[] = [];
  readonly #pools = new Map<number, DeviceRow[]>();
  /** Reckoned when somebody asks, and forgotten with the next change of the host. */
  readonly #free: (readonly DeviceRow[] | undefined)[] = [];

  /** Puts or takes away a device; gives the row that was there. */
  applyDevice(row: DeviceRow, gone: boolean): DeviceRow | undefined {
    this.#free[row.provider_id] = undefined;
    const before = place(at(this.#on, row.provider_id, newList<DeviceRow>), row, gone, byDevice);
    const byId = at(this.#byId, row.provider_id, newMap<string, DeviceRow>);
    if (gone) byId.delete(row.device);
    else byId.set(row.device, row);
    if (before !== undefined && before.pool_id !== null) this.#pool(before.pool_id, before, true);
    if (!gone && row.pool_id !== null) this.#pool(row.pool_id, row, false);
    return before;
  }

  /** Puts or takes away a hold; gives the row that was there. */
  applyHold(row: DeviceHoldRow, gone: boolean): DeviceHoldRow | undefined {
    this.#free[row.provider_id] = undefined;
    const held = at(this.#held, row.provider_id, newMap<string, DeviceHoldRow>);
    const before = held.get(row.device);
    if (gone) held.delete(row.device);
    else held.set(row.device, row);
    return before;
  }

  /** The devices of the host, rising by id. */
  on(provider: number): readonly DeviceRow[] {
    return this.#on[provider] ?? nothing;
  }

  get(provider: number, device: string): DeviceRow | undefined {
    return this.#byId[provider]?.get(device);
  }

  /** The device that a hold is on. */
  heldDevice({ provider_id, device }: Pick<DeviceHoldRow, 'provider_id' | 'device'>): DeviceRow {
    return present(this.get(provider_id, device), `no device ${device} on ${provider_id}`);
  }

  holder(provider: number, device: string): DeviceHoldRow | undefined {
    return this.#held[provider]?.get(device);
  }

  *holds(): Generator<DeviceHoldRow> {
    for (const held of this.#held) yield* held?.values() ?? nothing;
  }

  isPool(provider: number): boolean {
    return this.#pools.has(provider);
  }

  inPool(pool: number): readonly DeviceRow[] {
    return this.#pools.get(pool) ?? nothing;
  }

  /** The pools of the host's devices, each once. */
  poolsOf(provider: number): ReadonlySet<number> {
    return new Set(this.on(provider).flatMap(({ pool_id }) => pool_id ?? nothing));
  }

  /** What anybody may take, rising by id (DV1). */
  free(provider: number): readonly DeviceRow[] {
    const known = this.#free[provider];
    if (known !== undefined) return known;
    const taken = this.#takenOn(provider);
    const free = this.on(provider).filter(
      ({ device, state }) => state === 'offered' && !taken.has(device),
    );
    this.#free[provider] = free;
    return free;
  }

  isFree({ provider_id, device }: Pick<DeviceRow, 'provider_id' | 'device'>): boolean {
    return this.free(provider_id).some((row) => row.device === device);
  }

  /** Whoever holds the device, or a part of it, or what it is part of. */
  inTheWay(row: DeviceRow): DeviceHoldRow | undefined {
    const own = new Set(this.#wholes(row));
    const kin = this.on(row.provider_id).filter(
      (one) => own.has(one.device) || this.#wholes(one).includes(row.device),
    );
    const [found] = kin.flatMap(({ device }) => this.holder(row.provider_id, device) ?? []);
    return this.holder(row.provider_id, row.device) ?? found;
  }

  /** Held, or kin of what is held. */
  #takenOn(provider: number): ReadonlySet<string> {
    const held = this.#held[provider] ?? new Map<string, DeviceHoldRow>();
    const taken = new Set(held.keys());
    if (held.size === 0) return taken;
    for (const row of this.on(provider)) {
      const wholes = this.#wholes(row);
      if (held.has(row.device)) for (const whole of wholes) taken.add(whole);
      else if (wholes.some((whole) => held.has(whole))) taken.add(row.device);
    }
    return taken;
  }

  /** What it is part of, and what that is part of. */
  #wholes({ provider_id, facts }: DeviceRow, left = NESTED_MAX): readonly string[] {
    if (facts.parent === null || left === 0) return nothing;
    const whole = this.get(provider_id, facts.parent);
    return whole === undefined ? [facts.parent] : [facts.parent, ...this.#wholes(whole, left - 1)];
  }

  #pool(pool: number, row: DeviceRow, gone: boolean): void {
    const rows = this.#pools.get(pool) ?? [];
    this.#pools.set(pool, rows);
    place(rows, row, gone, byDevice);
    if (rows.length === 0) this.#pools.delete(pool);
  }
}

const byDevice = (a: DeviceRow, b: DeviceRow) =>
  a.provider_id - b.provider_id || byText(a.device, b.device);
