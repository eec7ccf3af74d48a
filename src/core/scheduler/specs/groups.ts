/**
 * What keys with a suffix ask for: a group for each suffix, all of it from one provider.
 *
 *   resources1:VGPU=1  trait1:CUSTOM_FAST=required   ─►  group 1: VGPU 1, CUSTOM_FAST
 *   resources:DISK_GB=5                              ─►  no suffix: the flavor's own amounts
 */
import { byText } from '../../base/order.ts';
import type { AskGroup } from '../ask.ts';
import { GROUPED, type Specs } from './check.ts';

/** In the order of their suffixes. */
export const groupsOf = (specs: Specs): readonly AskGroup[] =>
  suffixesIn(specs).map((suffix) => ({
    suffix,
    resources: Object.fromEntries(
      Object.entries(amountsIn(specs, suffix)).filter(([, amount]) => amount > 0),
    ),
    required_traits: namedIn(specs, suffix),
    forbidden_traits: namedIn(specs, suffix, 'forbidden'),
  }));

/** By class name; 0 where a resource is to be left out. */
export const amountsIn = (specs: Specs, suffix: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    parts(specs, 'resources', suffix).map(([name, amount]) => [name, Number(amount)]),
  );

/** The traits that are wished so. */
export const namedIn = (specs: Specs, suffix: string, wish = 'required'): readonly string[] =>
  parts(specs, 'trait', suffix)
    .filter(([, value]) => value === wish)
    .map(([name]) => name);

function suffixesIn(specs: Specs): readonly string[] {
  const found = Object.keys(specs).map((key) => GROUPED.exec(key)?.[2] ?? '');
  return [...new Set(found)].filter((suffix) => suffix !== '').sort(byText);
}

const parts = (specs: Specs, kind: string, suffix: string): [name: string, value: string][] =>
  Object.entries(specs).flatMap(([key, value]) => {
    const [, its_kind, its_suffix, name = ''] = GROUPED.exec(key) ?? [];
    return its_kind === kind && its_suffix === suffix ? [[name, value]] : [];
  });
