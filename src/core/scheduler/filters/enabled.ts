/** Turns down hosts that an operator closed to new servers, and those not heard of lately. */
import { type Filter, plainly } from '../plugin.ts';

const CLOSED = 'COMPUTE_STATUS_DISABLED';

export const enabled: Filter = {
  name: 'enabled',
  wakes: ['host.added', 'host.enabled'],
  allows: (_, host) => {
    const { status, state, forced_down } = host.row;
    if (status === 'disabled' || state === 'down' || forced_down) return false;
    const trait = host.books.traitByName.get(CLOSED);
    return trait === undefined || !host.books.hasTrait(host.provider_id, trait.id);
  },
  objection: (_, { row }) => {
    if (row.forced_down) return plainly('was forced down by an operator');
    if (row.state === 'down') return plainly('is down: its agent was not heard of lately');
    const because = row.disabled_reason === null ? '' : `: ${row.disabled_reason}`;
    return plainly(`is closed to new servers${because}`);
  },
};
