/** Prefers hosts with many free vCPUs, over-commit included: 64 are worth 0.5. */
import { VCPU } from '../../ledger/standard.ts';
import type { Weigher } from '../plugin.ts';
import { halfWay } from './half-way.ts';

const HALF = 64;

export const cpu: Weigher = {
  name: 'cpu',
  merit: (_, { books, provider_id }) => {
    if (books.inventory(provider_id, VCPU) === undefined) return 0;
    const { limit, used } = books.column(VCPU);
    return halfWay((limit[provider_id] as number) - (used[provider_id] as number), HALF);
  },
};
