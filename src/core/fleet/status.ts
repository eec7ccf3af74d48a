/**
 * What an operator says of a host: whether new servers may come, and whether it is down for good.
 *
 *   F5  a host is `disabled` exactly when its provider has the trait COMPUTE_STATUS_DISABLED, so
 *       that whoever asks Placement alone leaves it out too.
 */
import { present } from '../base/units.ts';
import { bumpGeneration } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import { providerTraits } from '../ledger/rows.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { sayAgain } from './heartbeat.ts';
import { type HostRow, hosts } from './rows.ts';

export interface UnknownHost {
  readonly why: 'unknown-host';
  readonly host: string;
}

export function enableHost(draft: Draft, host: string): Decision<HostRow, UnknownHost> {
  return change(draft, host, { status: 'enabled', disabled_reason: null });
}

/** Its servers stay and go on; no new one comes. */
export function disableHost(
  draft: Draft,
  host: string,
  reason: string | null,
): Decision<HostRow, UnknownHost> {
  return change(draft, host, { status: 'disabled', disabled_reason: reason });
}

/**
 * Somebody has made sure that it is down: it counts as down, whatever is heard of it. If it is
 * heard of all the same, nobody has: then it is `up`, and no proof that it is fenced.
 */
export function forceDown(
  draft: Draft,
  host: string,
  forced_down: boolean,
): Decision<HostRow, UnknownHost> {
  return change(draft, host, forced_down ? { forced_down, state: 'down' } : { forced_down });
}

/** Proof that its guests do not run: somebody says so, and nothing was heard of it since. */
export const isFenced = (host: HostRow): boolean => host.forced_down && host.state === 'down';

/** Whether orders may be given to it, as far as is known here. */
export const isUp = (host: HostRow): boolean => host.state === 'up' && !host.forced_down;

function change(
  draft: Draft,
  name: string,
  to: Partial<Pick<HostRow, 'status' | 'disabled_reason' | 'forced_down' | 'state'>>,
): Decision<HostRow, UnknownHost> {
  const before = draft.rows(hosts).get(name);
  if (before === undefined) return no({ why: 'unknown-host', host: name });
  const host: HostRow = { ...before, ...to };
  draft.put(hosts, host);
  if (!mirror(draft, host)) sayAgain(draft, host.provider_id);
  return done(host);
}

/** Brings the trait in line with the status (F5); false when it was. */
function mirror(draft: Draft, { provider_id, status }: HostRow): boolean {
  const trait = present(draft.books.traitByName.get(DISABLED), `no trait ${DISABLED}`);
  const row = { provider_id, trait_id: trait.id };
  const wanted = status === 'disabled';
  if (draft.books.hasTrait(provider_id, trait.id) === wanted) return false;
  if (wanted) draft.put(providerTraits, row);
  else draft.remove(providerTraits, row);
  bumpGeneration(draft, provider_id);
  return true;
}

const DISABLED = 'COMPUTE_STATUS_DISABLED';
