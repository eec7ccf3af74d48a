/** The hard rule of the server's group: the same one that the ledger will hold it to (L3). */
import { groupAllows } from '../../ledger/claim.ts';
import type { SlotPolicy } from '../../ledger/rows.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const group: Filter<Request> = {
  name: 'group',
  wakes: ['server.gone', 'host.added'],
  allows: ({ ask, group: rule }, { books, provider_id }) =>
    rule === null ||
    groupAllows(books, rule, {
      provider_id,
      member: ask.server_uuid,
      domain: ask.group?.domain ?? '',
    }),
  objection: ({ group: rule }) =>
    plainly(rule === null ? 'has no group rule' : words[rule.policy](rule.max_per_host)),
};

const words: Record<SlotPolicy, (max_per_host: number) => string> = {
  'anti-affinity': (max) => `already holds ${max} of the server's group (anti-affinity)`,
  affinity: () => "is not where the server's group lives (affinity)",
  'fault-domain': () => 'holds a member of the group from another fault domain',
  'soft-affinity': () => 'a soft rule forbids nothing',
  'soft-anti-affinity': () => 'a soft rule forbids nothing',
};
