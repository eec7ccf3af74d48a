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
import { type Decision, done, no } from '../../core/ports/reply.ts';

/** As the kernel bounds the names of interfaces. */
const BRIDGE = /^[\w.-]{1,15}$/;
const LABEL = /^[^\p{Cc}]{1,255}$/u;

export function networksOf(
  flags: readonly string[] | undefined,
  environment: NodeJS.ProcessEnv,
): Decision<readonly Network[], string> {
  const words = flags ?? (environment['PLIMSOLL_BRIDGES'] ?? '').split(/\s+/).filter(Boolean);
  const networks: Network[] = [];
  for (const said of words) {
    const [bridge = '', ...rest] = said.split('=');
    const name = rest.length === 0 ? bridge : rest.join('=');
    if (!BRIDGE.test(bridge) || !LABEL.test(name)) {
      return no(`--bridge ${said}: it must be a bridge's name, e.g. br0 or br0=public`);
    }
    if (networks.some((other) => other.bridge === bridge || other.name === name)) {
      return no(`--bridge ${said}: each bridge and each label only once`);
    }
    networks.push({ id: idOf(bridge), name, bridge });
  }
  return done(networks);
}

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
