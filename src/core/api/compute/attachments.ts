/**
 * What is attached to a server: nothing yet. Servers here have no networks, no volumes and no
 * graphical consoles; the lists of them are as empty as those of any such server, since clients ask
 * before they delete or show, nothing is found by its id, and nothing can be attached.
 */
import { Type } from 'typebox';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { findServer } from './servers.ts';
import { Ipv4, Ipv6, Tag, Truth, Uuid } from './shapes.ts';

/** Answers so once it is known that the server is there, and its asker's. */
const ofServer =
  (answer: (ask: Ask) => HttpResponse) =>
  async (ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    const found = await ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
    return answered(found, () => answer(ask));
  };

type Read = ReturnType<typeof bodyOf>;

/** A body that is wrong is told first: then that it cannot be done. */
const refusing =
  (readAt: (version: number) => Read, status: 400 | 404, why: string) =>
  (ask: Ask): HttpResponse => {
    const body = readAt(ask.version)(ask.request.body);
    return body.is === 'no' ? fault(400, body.why) : fault(status, why);
  };

// ── bodies ───────────────────────────────────────────────────────────────────────────────────

const tag = { tag: Type.Optional(Tag) };
const interfaces = {
  net_id: Type.Optional(Uuid),
  port_id: Type.Optional(Uuid),
  fixed_ips: Type.Optional(
    Type.Array(strict({ ip_address: Type.Union([Ipv4, Ipv6]) }), { minItems: 1, maxItems: 1 }),
  ),
};
const Interface = bodyOf(strict({ interfaceAttachment: Type.Optional(strict(interfaces)) }));
const Interface49 = bodyOf(
  strict({ interfaceAttachment: Type.Optional(strict({ ...interfaces, ...tag })) }),
);

const device = Type.Optional(
  Type.Union([
    Type.Null(),
    Type.String({ pattern: '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$', maxLength: 255 }),
  ]),
);
const volume = { volumeId: Uuid, device };
const ends = { delete_on_termination: Type.Optional(Truth) };
const attached = (more: Parameters<typeof strict>[0]) =>
  bodyOf(strict({ volumeAttachment: strict(more) }));
const Volume = attached(volume);
const Volume49 = attached({ ...volume, ...tag });
const Volume79 = attached({ ...volume, ...tag, ...ends });
const Swap = attached({ volumeId: Uuid });
const ids = { id: Type.Optional(Uuid), serverId: Type.Optional(Uuid) };
const Swap85 = attached({ ...volume, ...tag, ...ends, ...ids });

const protocols = ['vnc', 'spice', 'serial', 'rdp'];
const types = ['novnc', 'xvpvnc', 'spice-html5', 'serial', 'rdp-html5'];
const words = (all: readonly string[]) => Type.Union(all.map((one) => Type.Literal(one)));
const consoleOf = (more: { readonly protocol?: string; readonly type?: string }) =>
  bodyOf(
    strict({
      remote_console: strict({
        protocol: words([...protocols, ...(more.protocol ? [more.protocol] : [])]),
        type: words([...types, ...(more.type ? [more.type] : [])]),
      }),
    }),
  );
const Console = consoleOf({});
const Console8 = consoleOf({ protocol: 'mks', type: 'webmks' });

// ── routes ───────────────────────────────────────────────────────────────────────────────────

const SERVER = '/servers/:id';
const PORT = `${SERVER}/os-interface/:port`;
const VOLUME = `${SERVER}/os-volume_attachments/:volume`;

const list = (path: string, body: object): ComputeRoute => ({
  method: 'GET',
  path: `${SERVER}/${path}`,
  who: 'reader',
  handle: ofServer(() => json(200, body)),
});

const unknown = (what: string, id: string) =>
  ofServer(({ params }) => fault(404, `${what} ${params[id]} could not be found.`));

const swap = ofServer(
  refusing((version) => (version < 85 ? Swap : Swap85), 404, 'No such volume is attached to it.'),
);
const attachVolume = ofServer(
  refusing(
    (version) => (version < 49 ? Volume : version < 79 ? Volume49 : Volume79),
    404,
    'The volume could not be found: there is no volume service here.',
  ),
);
const attachInterface = ofServer(
  refusing(
    (version) => (version < 49 ? Interface : Interface49),
    400,
    'There is no network service here to attach it to.',
  ),
);
const openConsole = ofServer(
  refusing(
    (version) => (version < 8 ? Console : Console8),
    400,
    'Consoles of this type are not available: read the serial one (os-getConsoleOutput).',
  ),
);
/** Guests of ours have set none; to forget it is no harder than that. */
const forgetPassword = ofServer(() => ({ status: 204 }));

const member = 'member' as const;
export const attachmentRoutes: readonly ComputeRoute[] = [
  list('ips', { addresses: {} }),
  { method: 'GET', path: `${SERVER}/ips/:net`, who: 'reader', handle: unknown('Network', 'net') },
  list('os-interface', { interfaceAttachments: [] }),
  { method: 'POST', path: `${SERVER}/os-interface`, who: member, handle: attachInterface },
  { method: 'GET', path: PORT, who: 'reader', handle: unknown('Port', 'port') },
  { method: 'DELETE', path: PORT, who: member, handle: unknown('Port', 'port') },
  list('os-volume_attachments', { volumeAttachments: [] }),
  { method: 'POST', path: `${SERVER}/os-volume_attachments`, who: member, handle: attachVolume },
  { method: 'GET', path: VOLUME, who: 'reader', handle: unknown('Volume', 'volume') },
  { method: 'PUT', path: VOLUME, who: member, handle: swap },
  { method: 'DELETE', path: VOLUME, who: member, handle: unknown('Volume', 'volume') },
  list('os-security-groups', { security_groups: [] }),
  list('os-server-password', { password: '' }),
  { method: 'DELETE', path: `${SERVER}/os-server-password`, who: member, handle: forgetPassword },
  { method: 'POST', path: `${SERVER}/remote-consoles`, who: member, from: 6, handle: openConsole },
];
