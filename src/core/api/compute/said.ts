/**
 * What bodies say of a server's particulars (servers/particulars.ts), and how it is shown again.
 *
 *   accessIPv4 accessIPv6 OS-DCF:diskConfig   create, update, rebuild; the last one resize too
 *   hostname     2.90 a label · 2.94 a name of several     create, update, rebuild
 *   user_data    create; 2.57 rebuild, null takes it away  shown to operators, and after a rebuild
 *   config_drive create
 */
import { Type } from 'typebox';
import { type Particulars, particularsOf } from '../../servers/particulars.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { shortIpv6 } from './ipv6.ts';
import { Ipv4, Ipv6, truthOf } from './shapes.ts';

export const DiskConfig = Type.Union([Type.Literal('AUTO'), Type.Literal('MANUAL')]);
export const addresses = {
  accessIPv4: Type.Optional(Ipv4),
  accessIPv6: Type.Optional(Ipv6),
  'OS-DCF:diskConfig': Type.Optional(DiskConfig),
};

const Label = Type.String({
  minLength: 2,
  maxLength: 63,
  pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$',
});
const Labels = Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._]*$' });
/** Of any version; `hostnameAt` is what a version takes of it. */
export const Hostname = Type.Union([Label, Labels]);
export const hostnameAt = (version: number) => ({
  ...(version >= 90 ? { hostname: Type.Optional(version >= 94 ? Labels : Label) } : {}),
});

/** As text: `notBase64` says whether it is what it should be. */
export const UserData = Type.String({ maxLength: 65535 });
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Line breaks and blanks between are for people. */
export function notBase64(user_data: string | null | undefined): boolean {
  const dense = (user_data ?? '').replaceAll(/\s/g, '');
  return dense.length % 4 !== 0 || !BASE64.test(dense);
}

interface Body {
  readonly accessIPv4?: string;
  readonly accessIPv6?: string;
  readonly 'OS-DCF:diskConfig'?: 'AUTO' | 'MANUAL';
  readonly hostname?: string;
  readonly user_data?: string | null;
  readonly config_drive?: unknown;
}

/** Only what the body says. */
export function saidOf(body: Body): Partial<Particulars> {
  const { accessIPv4, accessIPv6, hostname, user_data, config_drive } = body;
  const disk_config = body['OS-DCF:diskConfig'];
  return {
    ...(accessIPv4 !== undefined && { access_ipv4: accessIPv4 }),
    ...(accessIPv6 !== undefined && { access_ipv6: shortIpv6(accessIPv6) }),
    ...(disk_config !== undefined && { disk_config }),
    ...(hostname !== undefined && { hostname }),
    ...(user_data !== undefined && { user_data }),
    ...(config_drive !== undefined && { config_drive: truthOf(config_drive) }),
  };
}

/** One that is given another name keeps the host name that it had of the old one. */
export const keepingHostname = (row: ServerRow, said: Partial<Particulars>) => ({
  ...said,
  hostname: said.hostname ?? hostnameOf(row),
});

/** The name that its guest has: the one that was said, or its name in letters, digits, dashes. */
export function hostnameOf(row: ServerRow): string {
  const { hostname } = particularsOf(row);
  if (hostname !== null) return hostname;
  const label = row.name
    .toLowerCase()
    .replaceAll(/[\s_]/g, '-')
    .replaceAll(/[^a-z0-9.-]/g, '')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63);
  return label === '' ? `server-${row.uuid}` : label;
}
