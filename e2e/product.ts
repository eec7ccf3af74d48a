/** Starts the real program for a test: its own data directory, a free port, ended by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

// Nearly all tests are of simulated hosts; those that are not say so.
process.env['PLIMSOLL_QEMU'] ??= 'off';

export const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'dist/main/control-plane.js');

export interface Product {
  readonly url: string;
  readonly data: string;
  readonly cloudsYaml: string;
  readonly password: string;
  /** All that it said on standard output so far. */
  said(): string;
  /** e.g. SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process; gives its exit code. The data directory stays. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Takes the data directory away, once it is stopped. */
  clear(): Promise<void>;
}

export interface StartOptions {
  /** An existing data directory, to start again on; else a new one. */
  readonly data?: string;
  readonly args?: readonly string[];
  /** A command that takes it somewhere else; left out: here. */
  readonly within?: readonly string[];
}

export async function startProduct({
  data,
  args = [],
  within = [],
}: StartOptions = {}): Promise<Product> {
  const directory = data ?? (await mkdtemp(join(tmpdir(), 'plimsoll-e2e-')));
  const own = [process.execPath, PROGRAM, '--data', directory, '--port', '0', ...args];
  const [program = '', ...given] = [...within, ...own];
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { said: '', complained: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.complained += text));
  const url = await firstUrl(child, output);
  const cloudsYaml = join(directory, 'clouds.yaml');
  // Not there where an existing Keystone, or nobody, says who asks.
  const clouds = parse(await readFile(cloudsYaml, 'utf8').catch(() => ''));
  return {
    url,
    data: directory,
    cloudsYaml,
    password: clouds?.clouds.plimsoll.auth.password ?? '',
    said: () => output.said,
    signal: (signal) => void child.kill(signal),
    stop: (signal = 'SIGTERM') => stop(child, signal),
    clear: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The address that it says it is up at. */
function firstUrl(
  child: ChildProcess,
  output: { readonly said: string; readonly complained: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const url = /up at (https?:\/\/\S+)/.exec(output.said)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) =>
      reject(new Error(`it ended with ${code}: ${output.said}${output.complained}`)),
    );
  });
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const over = child.exitCode !== null || child.signalCode !== null;
  if (over) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill(signal);
  });
}

export interface Who {
  readonly user: string;
  readonly password: string;
  readonly project: string;
}

/** A Keystone token; the administrator's, unless somebody else is named. */
export async function logIn({ url, password }: Product, who?: Who): Promise<string> {
  const asked = who ?? { user: 'admin', password, project: 'admin' };
  const domain = { name: 'Default' };
  const user = { name: asked.user, password: asked.password, domain };
  const response = await fetch(`${url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user } },
        scope: { project: { name: asked.project, domain } },
      },
    }),
  });
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new Error(`no token: ${response.status} ${await response.text()}`);
  return token;
}

export type Api = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;
export interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects, and fails else
  readonly body: any;
}

/** Asks with the administrator's token, at the newest microversions. */
export async function apiOf(product: Product): Promise<Api> {
  const token = await logIn(product);
  return async (method, path, body) => {
    const response = await fetch(`${product.url}${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        'content-type': 'application/json',
        'openstack-api-version': path.startsWith('/placement') ? 'placement 1.39' : 'compute 2.96',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };
}

/** The lab once it has started; one that could not is taken down again. */
export async function upOrDown<Lab extends { down(): Promise<void> }>(
  lab: Lab,
  start: () => Promise<void>,
): Promise<Lab> {
  try {
    await start();
    return lab;
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/** Asks again until `holds`; bounded by tries, each of which waits for an answer. */
export async function until<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  tries = 2400,
): Promise<T> {
  for (let left = tries; left > 0; left--) {
    const answer = await ask();
    if (holds(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come about');
}
