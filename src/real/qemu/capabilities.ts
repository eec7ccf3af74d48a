/**
 * What a QEMU is to do when memory leaves it, or comes, and how fast. It remembers what it was told
 * before, for another end perhaps, so all of it is said each time.
 */
import type { Reply } from '../../core/ports/reply.ts';
import type { Qmp } from './qmp.ts';

const MIB = 1024 ** 2;
const BANDWIDTH_MIB_MAX = 2047;

const KNOWN = ['events', 'pause-before-switchover', 'postcopy-ram'] as const;

type Capability = (typeof KNOWN)[number];

/** Those, and no others. */
export const setCapabilities = (
  qmp: Pick<Qmp, 'ask'>,
  wanted: readonly Capability[],
): Promise<Reply<unknown, string>> =>
  qmp.ask('migrate-set-capabilities', {
    capabilities: KNOWN.map((capability) => ({ capability, state: wanted.includes(capability) })),
  });

/** Null: all that there is. */
export const setBandwidth = (qmp: Qmp, mib_per_s: number | null): Promise<Reply<unknown, string>> =>
  qmp.ask('migrate-set-parameters', {
    'max-bandwidth': (mib_per_s ?? BANDWIDTH_MIB_MAX) * MIB,
    'max-postcopy-bandwidth': (mib_per_s ?? 0) * MIB,
  });
