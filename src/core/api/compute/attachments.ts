/**
 * What is attached to a server: nothing yet. Servers here have no networks and no volumes, and the
 * lists of them are as empty as those of any such server; clients ask before they delete or show.
 */
import { type HttpResponse, json } from '../http.ts';
import { answered } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { findServer } from './servers.ts';

const shown =
  (body: object) =>
  async (ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
    return answered(found, () => json(200, body));
  };

const of = (path: string, body: object): ComputeRoute => ({
  method: 'GET',
  path: `/servers/:id/${path}`,
  who: 'reader',
  handle: shown(body),
});

export const attachmentRoutes: readonly ComputeRoute[] = [
  of('ips', { addresses: {} }),
  of('os-interface', { interfaceAttachments: [] }),
  of('os-volume_attachments', { volumeAttachments: [] }),
  of('os-security-groups', { security_groups: [] }),
  of('os-server-password', { password: '' }),
];
