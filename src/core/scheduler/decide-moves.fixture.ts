/** What can happen to a small fleet in a random history, for decide.property.test.ts. */
import * as fc from 'fast-check';
import type { ThreadPolicy } from '../topology/cores.ts';
import type { Ask, PolicyName } from './ask.ts';

export const GROUPS = {
  apart: 'anti-affinity',
  one: 'affinity',
  domains: 'fault-domain',
  near: 'soft-affinity',
  far: 'soft-anti-affinity',
} as const;
export type GroupName = keyof typeof GROUPS;

const host = fc.nat(5);
export const move = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      vcpus: fc.constantFrom(2, 4),
      nodes: fc.constantFrom(0, 1, 2),
      pins: fc.constantFrom<ThreadPolicy | null>(null, null, 'prefer', 'require', 'isolate'),
      trait: fc.constantFrom('required', 'forbidden', 'any', 'any', 'any', 'any'),
      zone: fc.constantFrom(null, null, null, 'nova', 'west'),
      group: fc.constantFrom<GroupName | null>(
        null,
        null,
        'apart',
        'one',
        'domains',
        'near',
        'far',
      ),
      domain: fc.constantFrom('0', '1'),
      gpu: fc.constantFrom(0, 0, 1),
      project_id: fc.constantFrom('p', 'p', 'q'),
      lifetime: fc.constantFrom(null, 3),
      ssd: fc.constantFrom(false, false, false, true),
      policy: fc.constantFrom<PolicyName>('pack', 'pack', 'pack', 'spread', 'balanced'),
      bounds: fc.constantFrom<'any' | 'ignore' | 'only'>('any', 'any', 'ignore', 'only'),
      host,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat(30) }) },
  fc.record({ do: fc.constant('close' as const), host, closed: fc.boolean() }),
  fc.record({ do: fc.constant('zone' as const), host, west: fc.boolean() }),
  fc.record({ do: fc.constant('trait' as const), host, has: fc.boolean() }),
  fc.record({ do: fc.constant('size' as const), host, vcpus: fc.integer({ min: 2, max: 12 }) }),
  fc.record({
    do: fc.constant('child' as const),
    host,
    what: fc.constantFrom('give', 'give', 'take'),
  }),
  fc.record({
    do: fc.constant('gather' as const),
    host,
    says: fc.constantFrom(
      {},
      { ssd: 'true' },
      { filter_tenant_id: 'q' },
      { ram_weight_multiplier: '-9', packing_weight_multiplier: '50' },
      { soft_affinity_weight_multiplier: '-3', soft_anti_affinity_weight_multiplier: '-3' },
    ),
  }),
  fc.record({
    do: fc.constant('fail' as const),
    host,
    image: fc.constantFrom('x', 'x', 'y'),
    boots: fc.constantFrom(false, false, true),
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('work' as const),
      host: fc.nat(1),
      at: fc.nat(1),
      busy: fc.constantFrom(false, false, true),
      stays: fc.constantFrom(null, '1m', '10m', '1h'),
    }),
  },
  fc.record({ do: fc.constant('mark' as const) }),
  fc.record({ do: fc.constant('rollback' as const) }),
);
export type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;
export type Create = Extract<Move, { do: 'create' }>;

const cell = fc.record({
  vcpus: fc.integer({ min: 1, max: 8 }),
  memory_mib: fc.constantFrom(4096, 8192, 16_384),
  /** How many CPUs each of its cores has for guests alone. */
  widths: fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 4 }),
});
export type CellShape = typeof cell extends fc.Arbitrary<infer C> ? C : never;
export const fleet = fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 6,
});

export const THREADS = 2;
export const withCores = ({ vcpus, memory_mib, widths }: CellShape, cell: number) => ({
  vcpus,
  memory_mib,
  cores: widths.map((width, core) => ({
    cpus: Array.from({ length: width }, (_, thread) => cell * 100 + core * 10 + thread),
    threads: THREADS,
  })),
});

/** All alike; of the pinned ones half of the vCPUs stay shared where there are two nodes. */
export function nodesOf({ vcpus, nodes, pins }: Create): Ask['nodes'] {
  const each = vcpus / (nodes || 1);
  const memory_mib = (vcpus * 1024) / (nodes || 1);
  return Array.from({ length: nodes }, (_, at) => {
    if (pins === null) return { vcpus: each, memory_mib };
    const count = nodes === 2 ? Math.ceil(each / 2) : each;
    const own = Array.from({ length: count }, (_, n) => at * each + n);
    const pinned = { vcpus: own, threads: pins, emulator: false };
    return { vcpus: each - own.length, memory_mib, pinned };
  });
}
