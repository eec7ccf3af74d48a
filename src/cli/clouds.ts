/**
 * Where the server is and who asks: read from the `clouds.yaml` that the server wrote, or from one
 * of the user's own, in the form that every OpenStack client reads.
 *
 *   --clouds FILE, or $OS_CLIENT_CONFIG_FILE  ─►  .plimsoll/clouds.yaml  ─►  clouds.yaml
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Complaint } from './complaint.ts';

export interface Cloud {
  /** Scheme, host and port: all our APIs are below it. */
  readonly origin: string;
  readonly user: string;
  readonly password: string;
  readonly project: string;
  readonly user_domain: string;
  readonly project_domain: string;
}

export interface CloudChoice {
  /** The file; undefined: the first of the usual ones that is there. */
  readonly clouds?: string;
  /** The name within the file. */
  readonly cloud: string;
}

const USUAL = ['.plimsoll/clouds.yaml', 'clouds.yaml'];

export function readCloud({ clouds, cloud }: CloudChoice): Cloud {
  const { path, text } = firstThere(clouds === undefined ? USUAL : [clouds]);
  const named = asMap(asMap(parsed(path, text))['clouds'])[cloud];
  if (named === undefined) {
    throw new Complaint(`${path} has no cloud '${cloud}'`, 'name one with --cloud or OS_CLOUD');
  }
  const auth = asMap(asMap(named)['auth']);
  const need = (key: string): string => {
    const value = auth[key];
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new Complaint(`${path}: cloud '${cloud}' has no auth.${key}`, 'add it and try again');
  };
  const domain = (key: string): string => (auth[key] === undefined ? 'Default' : need(key));
  return {
    origin: originOf(path, need('auth_url')),
    user: need('username'),
    password: need('password'),
    project: need('project_name'),
    user_domain: domain('user_domain_name'),
    project_domain: domain('project_domain_name'),
  };
}

function firstThere(paths: readonly string[]): { path: string; text: string } {
  for (const path of paths) {
    try {
      return { path, text: readFileSync(path, 'utf8') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw new Complaint(`cannot read ${path}: ${(error as Error).message}`, 'mend that first');
    }
  }
  throw new Complaint(
    `there is no ${paths.join(' and no ')}`,
    'start a server with `plimsoll up`, or name its clouds.yaml with --clouds',
  );
}

function parsed(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const [first] = String((error as Error).message).split('\n');
    throw new Complaint(`${path} is not YAML: ${first}`, 'correct it and try again');
  }
}

function originOf(path: string, url: string): string {
  if (URL.canParse(url)) return new URL(url).origin;
  throw new Complaint(`${path}: auth_url '${url}' is no URL`, 'correct it and try again');
}

const asMap = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
