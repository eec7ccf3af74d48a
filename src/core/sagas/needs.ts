/** What a server asks for, in the few words that the audit needs to judge what it holds. */
import type { View } from '../ledger/draft.ts';
import { images, type ServerRow } from '../servers/rows.ts';
import type { Scheduler } from './world.ts';

/** Null: its image is gone, and with it what that asked for. */
export const needsBy =
  (scheduler: Pick<Scheduler, 'askFor'>) => (view: View, server: ServerRow) => {
    if (server.image_id !== null && !view.rows(images).has(server.image_id)) return null;
    const ask = scheduler.askFor(view, server, { ignore_hosts: [], only_hosts: null });
    if (ask.is === 'no') return null;
    const { resources, groups, group } = ask.value;
    return { resources, grouped: groups.length > 0, domain: group?.domain ?? '' };
  };
