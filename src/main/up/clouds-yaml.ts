/**
 * The clouds.yaml that clients log in with. Only its owner can read it: it holds the password.
 *
 * It is written before the first user is made, so that no crash in between can lose the password;
 * afterwards only its addresses are brought up to date. Other clouds in the file stay.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

export const CLOUD = 'plimsoll';

interface Clouds {
  clouds?: Record<string, { auth?: Record<string, string> }>;
}

/** The password in an existing file; null when there is none. */
export const knownPassword = (path: string): string | null =>
  read(path)?.clouds?.[CLOUD]?.auth?.['password'] ?? null;

function read(path: string): Clouds | null {
  try {
    return parse(readFileSync(path, 'utf8')) as Clouds | null;
  } catch {
    return null;
  }
}

export function writeCloudsYaml(path: string, url: string, password: string | null): void {
  const cloud = {
    auth: {
      auth_url: `${url}/identity/v3`,
      username: 'admin',
      ...(password === null ? {} : { password }),
      project_name: 'admin',
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: 'RegionOne',
    identity_api_version: '3',
    compute_api_version: '2.87',
    placement_api_version: '1.38',
    image_api_version: '2',
  };
  const temporary = `${path}.part`;
  const others = read(path)?.clouds ?? {};
  writeFileSync(temporary, stringify({ clouds: { ...others, [CLOUD]: cloud } }), { mode: 0o600 });
  renameSync(temporary, path);
}
