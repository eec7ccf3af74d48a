/**
 * The bridges that an operator names, and the networks that clients see for them.
 *
 *   --bridge br0 --bridge br1=public     or   PLIMSOLL_BRIDGES='br0 br1=public'
 *     └─ network br0                            └─ network public, which is the bridge br1
 *
 * A network's id follows from its bridge, so that it is the same at every start and in every
 * process.
 */
import { createHash } from 'node:crypto';
import type { Network } from '../../core/api/network/rooms.ts';
import type { NamedBridge } from '../../core/config/kinds-of-hosts.ts';

export const networksOf = (bridges: readonly NamedBridge[]): readonly Network[] =>
  bridges.map(({ name, bridge }) => ({ id: idOf(bridge), name, bridge }));

/** A UUID of the kind that is made from a name. */
function idOf(bridge: string): string {
  const hex = createHash('sha256').update(`network of bridge ${bridge}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}
