/** What simulated clients ask for: servers, alone or in groups, as the API would hand them on. */
import type { Chance } from '../core/base/seeded.ts';
import type { SlotPolicy } from '../core/ledger/rows.ts';
import { AT_DEADLINE, type Deadline } from '../core/ports/order.ts';
import type { CreateAsk } from '../core/sagas/operations.ts';
import type { FlavorRow } from '../core/servers/rows.ts';

export const PROJECT = 'project-of-the-simulation';
export const USER = 'user-of-the-simulation';

export interface GroupOf {
  readonly uuid: string;
  readonly policy: SlotPolicy;
  readonly max_per_host: number;
}

const DOMAINS = ['blue', 'green', 'red'];

export function createAsk(
  name: string,
  flavor: FlavorRow,
  availability_zone: string | null,
  group: GroupOf | null,
  chance: Chance,
): CreateAsk {
  const domain = group?.policy === 'fault-domain' ? { fault_domain: chance.pick(DOMAINS) } : {};
  return {
    name,
    project_id: PROJECT,
    user_id: USER,
    flavor,
    image_id: null,
    image_properties: {},
    metadata: {},
    key_name: null,
    description: null,
    tags: [],
    availability_zone,
    group_uuid: group?.uuid ?? null,
    hints: domain,
  };
}

/** Of a live migration: none of its own; or mostly at once, since most of them do not take long. */
export const deadlineFrom = (chance: Chance): Partial<Deadline> =>
  chance.happens(250)
    ? {}
    : { after_ms: chance.pick([0, 0, 0, 100, 5_000]), action: chance.pick(AT_DEADLINE) };
