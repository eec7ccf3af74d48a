/** The stock `openstack` client in one process for many commands (shell.py), asked one by one. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Product } from '../product.ts';

const PYTHON = '/usr/bin/python3';
const CLIENT = '/usr/bin/openstack';
export const clientMissing = existsSync(CLIENT) ? false : `no ${CLIENT} here`;

/** The first user of a program that was started. */
export const adminOf = ({ url, password, data }: Product) => ({
  ...{ OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default' },
  ...{ OS_USERNAME: 'admin', OS_PASSWORD: password, OS_PROJECT_NAME: 'admin' },
  ...{ OS_AUTH_URL: `${url}/identity/v3`, OS_REGION_NAME: 'RegionOne', HOME: data },
});

export interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export class Shell {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(environment: Readonly<Record<string, string>>) {
    const env = { PATH: '/usr/bin:/bin', COLUMNS: '300', ...environment };
    this.#child = spawn(PYTHON, [join(import.meta.dirname, 'shell.py')], { env });
    this.#child.stderr.resume();
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async run(words: readonly string[]): Promise<Ended> {
    this.#child.stdin.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`the client ended over: openstack ${words.join(' ')}`);
    return JSON.parse(value) as Ended;
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
