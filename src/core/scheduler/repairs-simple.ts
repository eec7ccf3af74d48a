/** Repairs that change one word of the request, or one fact about a host. */
import { type HostRow, hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { providerTraits, type SlotPolicy, slotGroups } from '../ledger/rows.ts';
import type { Against } from './against.ts';
import type { Ask, Repair } from './ask.ts';
import { HostView } from './host-view.ts';
import type { NamedId, Request } from './plugin.ts';
import { takes, tried } from './trial.ts';

const CLOSED = 'COMPUTE_STATUS_DISABLED';

export function otherZone(draft: Draft, { ask }: Request, one: Against): Repair | null {
  const { availability_zone } = rowOf(draft, one);
  if (!takes(draft, { ...ask, availability_zone }, one.provider_id)) return null;
  const sentence = `ask for availability zone ${availability_zone}, or for none`;
  return { kind: 'other-zone', sentence, availability_zone };
}

/** What the request rules out stays ruled out: it may be where a move comes from. */
export function anyHost(draft: Draft, { ask }: Request, one: Against): Repair | null {
  if (!takes(draft, { ...ask, only_hosts: null }, one.provider_id)) return null;
  return { kind: 'any-host', sentence: 'let the scheduler choose the host, instead of naming it' };
}

export function enableHost(draft: Draft, { ask }: Request, one: Against): Repair | null {
  const row = rowOf(draft, one);
  const works = tried(draft, () => {
    draft.put(hosts, { ...row, status: 'enabled', state: 'up', forced_down: false });
    setTraits(draft, [one.provider_id], [CLOSED], false);
    return takes(draft, ask, one.provider_id);
  });
  return works ? { kind: 'enable-host', sentence: openingWords(row), host: row.name } : null;
}

function openingWords({ name, status, state, forced_down }: HostRow): string {
  if (forced_down) return `take back that ${name} was forced down, once it runs again`;
  if (state === 'down') return `bring ${name} back: its agent was not heard of lately`;
  return `enable ${name}: it is ${status}, and could take it`;
}

export function dropTraits(draft: Draft, request: Request, one: Against): Repair | null {
  const { missing, unwanted } = traitsAt(draft, request, one);
  const traits = [...missing, ...unwanted];
  const ask: Ask = {
    ...request.ask,
    required_traits: request.ask.required_traits.filter((name) => !traits.includes(name)),
    forbidden_traits: request.ask.forbidden_traits.filter((name) => !traits.includes(name)),
  };
  if (!takes(draft, ask, one.provider_id)) return null;
  const say = [
    ...(missing.length > 0 ? [`do not require ${missing.join(', ')}`] : []),
    ...(unwanted.length > 0 ? [`do not forbid ${unwanted.join(', ')}`] : []),
  ];
  return { kind: 'drop-traits', sentence: say.join(', and '), traits };
}

/** What a host has is for its agent to say; so this is the last that is offered. */
export function changeTraits(draft: Draft, request: Request, one: Against): Repair | null {
  const { missing: give, unwanted: take } = traitsAt(draft, request, one);
  const works = tried(draft, () => {
    setTraits(draft, [one.provider_id], give, true);
    setTraits(draft, draft.books.trees.get(one.provider_id) ?? [], take, false);
    return takes(draft, request.ask, one.provider_id);
  });
  if (!works) return null;
  const say = [
    ...(give.length > 0 ? [`give ${one.host} the trait ${give.join(', ')}`] : []),
    ...(take.length > 0 ? [`take ${take.join(', ')} from ${one.host}`] : []),
  ];
  const sentence = `${say.join(', and ')}, if that is true of it`;
  return { kind: 'change-traits', sentence, host: one.host, give, take };
}

const softened: Readonly<Partial<Record<SlotPolicy, 'soft-affinity' | 'soft-anti-affinity'>>> = {
  affinity: 'soft-affinity',
  'anti-affinity': 'soft-anti-affinity',
};

export function relaxGroup(draft: Draft, request: Request, one: Against): Repair | null {
  const { ask, group } = request;
  const policy = group === null ? undefined : softened[group.policy];
  if (group === null || policy === undefined) return null;
  const works = tried(draft, () => {
    draft.put(slotGroups, { ...group, policy });
    return takes(draft, ask, one.provider_id);
  });
  const sentence = `use a group whose policy is ${policy}, not ${group.policy}`;
  return works ? { kind: 'relax-group', sentence, group_uuid: group.uuid, policy } : null;
}

function traitsAt(draft: Draft, { required, forbidden }: Request, { provider_id }: Against) {
  const host = new HostView(draft);
  host.at(provider_id);
  const names = (some: readonly NamedId[]) => some.map(({ name }) => name);
  return {
    missing: names(required.filter((trait) => !host.hasTrait(trait))),
    unwanted: names(forbidden.filter((trait) => host.hasTrait(trait))),
  };
}

/** A trait that nobody has heard of cannot be given. */
function setTraits(
  draft: Draft,
  provider_ids: readonly number[],
  names: readonly string[],
  has: boolean,
): void {
  const { books } = draft;
  for (const name of names) {
    const trait_id = books.traitByName.get(name)?.id;
    if (trait_id === undefined) continue;
    for (const provider_id of provider_ids) {
      if (books.hasTrait(provider_id, trait_id) === has) continue;
      if (has) draft.put(providerTraits, { provider_id, trait_id });
      else draft.remove(providerTraits, { provider_id, trait_id });
    }
  }
}

const rowOf = (draft: Draft, { host }: Against): HostRow => draft.rows(hosts).get(host) as HostRow;
