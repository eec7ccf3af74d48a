/**
 * Policies: the words for how to choose, and the weights behind them. Every weight can be set.
 *
 *   score = Σ weight × merit, each merit from 0 to 1 whatever the other hosts are
 *
 * So a weight means the same on every fleet, and a score changes only when its host does. A group's
 * wish comes before everything else. `pack` was tuned on sequences of a large cloud: it must place
 * two-node guests late, on a fleet that small ones filled first.
 */
import type { PolicyName } from './ask.ts';
import type { Weigher, Weights } from './plugin.ts';
import { balanced } from './weighers/balanced.ts';
import { opened } from './weighers/opened.ts';
import { packing } from './weighers/packing.ts';
import { quiet } from './weighers/quiet.ts';
import { room } from './weighers/room.ts';
import { siblings } from './weighers/siblings.ts';
import { sparedDevices } from './weighers/spared-devices.ts';
import { wholeCells } from './weighers/whole-cells.ts';

export const weighers: readonly Weigher[] = [
  room,
  packing,
  balanced,
  wholeCells,
  quiet,
  siblings,
  opened,
  sparedDevices,
];

const wishes = { 'soft-affinity': 1000, 'soft-anti-affinity': 1000 };

export const policies: Readonly<Record<PolicyName, Weights>> = {
  spread: {
    room: 4,
    packing: 0,
    balanced: 1,
    'whole-cells': 1,
    quiet: 0,
    siblings: 40,
    opened: 0,
    'spared-devices': 20,
    ...wishes,
  },
  pack: {
    room: 0,
    packing: 0.5,
    balanced: 0,
    'whole-cells': 20,
    quiet: 6,
    siblings: 40,
    opened: 8,
    'spared-devices': 20,
    ...wishes,
  },
  balanced: {
    room: 1,
    packing: 0,
    balanced: 4,
    'whole-cells': 2,
    quiet: 0,
    siblings: 40,
    opened: 0,
    'spared-devices': 20,
    ...wishes,
  },
};

/** Weights that differ from a policy's own. */
export type WeightsGiven = { readonly [P in PolicyName]?: Partial<Weights> };

export const weightsWith = (given: WeightsGiven): Readonly<Record<PolicyName, Weights>> => ({
  spread: { ...policies.spread, ...given.spread },
  pack: { ...policies.pack, ...given.pack },
  balanced: { ...policies.balanced, ...given.balanced },
});
