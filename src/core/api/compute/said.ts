/**
 * What bodies say of a server's particulars (servers/particulars.ts), and how it is shown again.
 *
 *   accessIPv4 accessIPv6 OS-DCF:diskConfig   create, update, rebuild; the last one resize too
 *   hostname     2.90 a label · 2.94 a name of several     create, update, rebuild
 *   user_data    create; 2.57 rebuild, null takes it away  shown to operators, and after a rebuild
 *   config_drive create
 *   personality  until 2.56, create and rebuild: files, for which there is a drive in any case
 */
import { Type } from 'typebox';
import { hostnameOf, type OwnFile, type Particulars } from '../../servers/particulars.ts';
import { type Limits, type Resource, UNLIMITED } from '../../servers/quota-rows.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { strict } from '../body.ts';
import { refuse } from '../refused.ts';
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

/** Until 2.56. */
export const Personality = Type.Array(
  strict({ path: Type.Optional(Type.String()), contents: Type.Optional(Type.String()) }),
);

interface Body {
  readonly accessIPv4?: string;
  readonly accessIPv6?: string;
  readonly 'OS-DCF:diskConfig'?: 'AUTO' | 'MANUAL';
  readonly hostname?: string;
  readonly user_data?: string | null;
  readonly config_drive?: unknown;
  readonly personality?: readonly Partial<OwnFile>[];
}

/** Only what the body says. */
export function saidOf(body: Body): Partial<Particulars> {
  const { accessIPv4, accessIPv6, hostname, user_data, config_drive } = body;
  const disk_config = body['OS-DCF:diskConfig'];
  const files = filesOf(body);
  return {
    ...(accessIPv4 !== undefined && { access_ipv4: accessIPv4 }),
    ...(accessIPv6 !== undefined && { access_ipv6: shortIpv6(accessIPv6) }),
    ...(disk_config !== undefined && { disk_config }),
    ...(hostname !== undefined && { hostname }),
    ...(user_data !== undefined && { user_data }),
    ...(config_drive !== undefined && { config_drive: truthOf(config_drive) }),
    ...(files.length > 0 && { files, config_drive: true }),
  };
}

/** One that is given another name keeps the host name that it had of the old one. */
export const keepingHostname = (row: ServerRow, said: Partial<Particulars>) => ({
  ...said,
  hostname: said.hostname ?? hostnameOf(row),
});

const filesOf = ({ personality = [] }: Body): OwnFile[] =>
  personality.map(({ path = '', contents = '' }) => ({ path, contents }));

/** What is wrong with the files that a body sends along; null: nothing. */
export function misfit(body: Body, limits: Limits): ReturnType<typeof refuse> | null {
  const files = filesOf(body);
  const nameless = files.some(({ path }) => path === '');
  if (nameless) return refuse(400, 'A file of personality has no path.');
  const odd = files.find(({ contents }) => notBase64(contents));
  if (odd !== undefined) return refuse(400, `The contents of ${odd.path} are not in base64.`);
  const over = (resource: Resource, has: number): boolean =>
    limits[resource] !== UNLIMITED && has > limits[resource];
  if (over('injected_files', files.length)) {
    return refuse(403, `${files.length} files are more than ${limits.injected_files}.`);
  }
  for (const { path, contents } of files) {
    if (over('injected_file_path_bytes', path.length)) return refuse(403, `${path} is too long.`);
    if (over('injected_file_content_bytes', bytesIn(contents))) {
      return refuse(403, `${path} has more than ${limits.injected_file_content_bytes} bytes.`);
    }
  }
  return null;
}

const bytesIn = (base64: string): number => {
  const dense = base64.replaceAll(/[\s=]/g, '');
  return Math.floor((dense.length * 3) / 4);
};
