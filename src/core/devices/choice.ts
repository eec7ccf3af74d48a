/**
 * Which free devices answer a guest's requests: found if there are any, by augmenting paths.
 *
 *   asked      gpu  gpu  nic            a unit each
 *               │  ╲ │    │
 *   free       g0   g1   vf0 ─┐         a unit that finds its device taken has the other look
 *                        vf1 ─┴ pf      elsewhere
 *
 * A PF and its VFs exclude each other. Where both could answer somebody it is settled first which
 * it is to be: all ways are tried, none given whole first, for up to CONTESTED_MAX PFs; those past
 * that are only given in parts.
 *
 *   DC1  what is chosen is free, answers its request, is near enough, and is given once;
 *   DC2  if there is a choice, one is found;
 *   DC3  of a kind the near one before the far, otherwise in the order given.
 */
import { answers, type DeviceAsk, isNear } from './alias.ts';
import type { DeviceFacts } from './device.ts';

/** The most PFs that may be either whole or split among the devices of one choice. */
export const CONTESTED_MAX = 8;

/** For each request its devices; null: there is no way. */
export function chooseDevices(
  asks: readonly DeviceAsk[],
  free: readonly DeviceFacts[],
  cells: readonly number[] | null,
): readonly (readonly DeviceFacts[])[] | null {
  if (asks.length === 0) return [];
  const [only] = asks;
  if (asks.length === 1 && only?.count === 1) return chooseOne(only, free, cells);
  const usable = free.filter((one) => asks.some((ask) => suits(ask, one, cells)));
  const split = splitPfs(usable);
  const open = split.slice(0, CONTESTED_MAX);
  for (let ways = 0; ways < 2 ** open.length; ways++) {
    const whole = new Set(open.filter((_, at) => (ways & (1 << at)) !== 0));
    const left = usable.filter((one) =>
      one.parent === null || !split.includes(one.parent)
        ? !split.includes(one.id) || whole.has(one.id)
        : !whole.has(one.parent),
    );
    const chosen = matched(asks, left, cells);
    if (chosen !== null) return chosen;
  }
  return null;
}

/** The same for one device, as nearly everybody asks: then no PF is both whole and in parts. */
function chooseOne(
  ask: DeviceAsk,
  free: readonly DeviceFacts[],
  cells: readonly number[] | null,
): readonly (readonly DeviceFacts[])[] | null {
  const usable = free.filter((one) => suits(ask, one, cells));
  const split = splitPfs(usable);
  const left = split.length === 0 ? usable : usable.filter(({ id }) => !split.includes(id));
  const chosen = left.find((one) => isNear('required', one, cells)) ?? left[0];
  return chosen === undefined ? null : [[chosen]];
}

const suits = (ask: DeviceAsk, device: DeviceFacts, cells: readonly number[] | null): boolean =>
  answers(ask, device) && isNear(ask.numa, device, cells);

/** The PFs that are here together with some of their VFs. */
function splitPfs(devices: readonly DeviceFacts[]): readonly string[] {
  const parents = new Set(devices.map(({ parent }) => parent));
  return devices.filter(({ id }) => parents.has(id)).map(({ id }) => id);
}

function matched(
  asks: readonly DeviceAsk[],
  devices: readonly DeviceFacts[],
  cells: readonly number[] | null,
): readonly (readonly DeviceFacts[])[] | null {
  const units = asks.flatMap((ask) => Array.from({ length: ask.count }, () => ask));
  if (units.length > devices.length) return null;
  const any = units.map((ask) => placesOf(devices, (device) => suits(ask, device, cells)));
  const near = any.map((places) =>
    places.filter((place) => isNear('required', devices[place] as DeviceFacts, cells)),
  );
  const match = new Match(devices.length);
  const far = units.map((_, unit) => unit).filter((unit) => !match.seat(unit, near));
  if (!far.every((unit) => match.seat(unit, any))) return null;
  const found = match.found;
  return asks.map((ask) =>
    found.flatMap((unit, place) =>
      units[unit ?? -1] === ask ? [devices[place] as DeviceFacts] : [],
    ),
  );
}

const placesOf = <T>(all: readonly T[], fits: (one: T) => boolean): readonly number[] =>
  all.flatMap((one, at) => (fits(one) ? [at] : []));

/** Units and places, one each. Whoever has a place keeps one, though perhaps another. */
class Match {
  /** By place: the unit that has it. */
  readonly found: (number | null)[];
  #tried = new Set<number>();

  constructor(places: number) {
    this.found = Array.from({ length: places }, () => null);
  }

  seat(unit: number, open: readonly (readonly number[])[]): boolean {
    this.#tried = new Set();
    return this.#augment(unit, open);
  }

  #augment(unit: number, open: readonly (readonly number[])[]): boolean {
    for (const place of open[unit] ?? []) {
      if (this.#tried.has(place)) continue;
      this.#tried.add(place);
      const has = this.found[place] ?? null;
      if (has !== null && !this.#augment(has, open)) continue;
      this.found[place] = unit;
      return true;
    }
    return false;
  }
}
