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
import { buildFailure } from './weighers/build-failure.ts';
import { cpu } from './weighers/cpu.ts';
import { disk } from './weighers/disk.ts';
import { headroom } from './weighers/headroom.ts';
import { hypervisorVersion } from './weighers/hypervisor-version.ts';
import { imageProps } from './weighers/image-props.ts';
import { ioOps } from './weighers/io-ops.ts';
import { lifetime } from './weighers/lifetime.ts';
import { metrics } from './weighers/metrics.ts';
import { numInstances } from './weighers/num-instances.ts';
import { opened } from './weighers/opened.ts';
import { packing } from './weighers/packing.ts';
import { quiet } from './weighers/quiet.ts';
import { ram } from './weighers/ram.ts';
import { room } from './weighers/room.ts';
import { siblings } from './weighers/siblings.ts';
import { sparedDevices } from './weighers/spared-devices.ts';
import { wholeCells } from './weighers/whole-cells.ts';

export const weighers: readonly Weigher[] = [
  ram,
  cpu,
  disk,
  ioOps,
  numInstances,
  hypervisorVersion,
  buildFailure,
  lifetime,
  headroom,
  room,
  packing,
  balanced,
  wholeCells,
  quiet,
  siblings,
  opened,
  sparedDevices,
  metrics,
  imageProps,
];

const wishes = { 'soft-affinity': 1000, 'soft-anti-affinity': 1000 };

/** What upstream spreads by, with its multipliers; the others go by the weighers further down. */
const upstream = { ram: 1, cpu: 1, disk: 1, 'io-ops': -1, lifetime: 0 };
const none = { ram: 0, cpu: 0, disk: 0, 'io-ops': 0, lifetime: 10 };
/** Nobody says what they are worth until an operator does. */
const unasked = { metrics: 0, 'image-props': 0 };
const always = {
  'num-instances': 0,
  'hypervisor-version': 1,
  'build-failure': 30,
  ...wishes,
  ...unasked,
};

export const policies: Readonly<Record<PolicyName, Weights>> = {
  spread: {
    room: 4,
    packing: 0,
    balanced: 1,
    'whole-cells': 1,
    quiet: 0,
    siblings: 40,
    opened: 0,
    headroom: 0,
    'spared-devices': 20,
    ...upstream,
    ...always,
  },
  pack: {
    room: 0,
    packing: 0.5,
    balanced: 0,
    'whole-cells': 20,
    quiet: 6,
    siblings: 40,
    opened: 8,
    headroom: 0,
    'spared-devices': 20,
    ...none,
    ...always,
  },
  balanced: {
    room: 1,
    packing: 0,
    balanced: 4,
    'whole-cells': 2,
    quiet: 0,
    siblings: 40,
    opened: 0,
    headroom: 5,
    'spared-devices': 20,
    ...none,
    ...always,
  },
};

/** Weights that differ from a policy's own; `all` from those of every policy. */
export type WeightsGiven = { readonly [P in PolicyName | 'all']?: Partial<Weights> };

export const weightsWith = (given: WeightsGiven): Readonly<Record<PolicyName, Weights>> => ({
  spread: { ...policies.spread, ...given.all, ...given.spread },
  pack: { ...policies.pack, ...given.all, ...given.pack },
  balanced: { ...policies.balanced, ...given.all, ...given.balanced },
});
