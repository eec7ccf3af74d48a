/** Placement's own program for a test: its own database, killed and started again at will. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../src/real/free-port.fixture.ts';
import { ROOT } from './product.ts';

const PROGRAM = join(ROOT, 'dist/main/placement.js');

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects, and fails else
  readonly body: any;
}

export class PlacementProcess {
  #directory = '';
  #port = 0;
  #child: ChildProcess | null = null;
  #agent = new Agent({ keepAlive: true });
  #complained = '';
  readonly #inside: string | undefined;

  /** With a directory to keep the database in; else it makes its own. */
  constructor(inside?: string) {
    this.#inside = inside;
  }

  get database(): string {
    return join(this.#directory, 'placement.sqlite');
  }

  /** Starts it on what it left, and waits until it answers. */
  async start(): Promise<void> {
    if (this.#directory === '') {
      this.#directory = this.#inside ?? (await mkdtemp(join(tmpdir(), 'plimsoll-placement-')));
    }
    this.#port = await freePort();
    this.#agent = new Agent({ keepAlive: true });
    const child = spawn(process.execPath, [PROGRAM, String(this.#port), this.database], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'false' },
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complained += text));
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`it ended: ${this.#complained}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it without a word; what was asked and not yet answered is lost. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
    this.#agent.destroy();
  }

  async clear(): Promise<void> {
    await this.end();
    if (this.#inside === undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  /** Rejects when the connection breaks: nobody knows then what became of it. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Asked> {
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: this.#agent,
          method,
          path,
          headers: {
            'x-auth-token': 'admin',
            'openstack-api-version': 'placement 1.39',
            ...(text === '' ? {} : { 'content-type': 'application/json' }),
            'content-length': Buffer.byteLength(text),
            ...headers,
          },
        },
        (response) => {
          let said = '';
          response.setEncoding('utf8').on('data', (piece: string) => (said += piece));
          response.on('error', reject);
          response.on('end', () => {
            const { statusCode: status = 0, headers: given } = response;
            resolve({ status, headers: given, body: said === '' ? null : JSON.parse(said) });
          });
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
  }

  #answers = (): Promise<boolean> =>
    this.ask('GET', '/').then(
      ({ status }) => status === 200,
      () => false,
    );
}
