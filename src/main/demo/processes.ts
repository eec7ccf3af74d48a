/** The program as the demonstration runs it: a control plane and agents, each a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parse } from 'yaml';

/** Beside this file, compiled or not. */
const CLI = join(import.meta.dirname, '..', `cli${extname(import.meta.filename)}`);

export class Processes {
  readonly #directory: string;
  readonly #children: ChildProcess[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async controlPlane(): Promise<{ readonly url: string; readonly token: string }> {
    const data = join(this.#directory, 'control');
    const args = ['up', '--data', data, '--port', '0', '--hosts', '0', '--qemu', 'off'];
    const [, url = ''] = await this.#start(args, /up at (http:\/\/[\w.:]+)/);
    const { auth } = parse(readFileSync(join(data, 'clouds.yaml'), 'utf8')).clouds.plimsoll;
    return { url, token: await logIn(url, auth.password) };
  }

  /** An agent of one host. Its paths are short, for the sockets in them. */
  async agent(url: string, host: string, token: string): Promise<void> {
    const tokens = join(this.#directory, `${host}.token`);
    writeFileSync(tokens, `${host} ${token}\n`, { mode: 0o600 });
    const where = ['--tokens', tokens, '--state', join(this.#directory, 's')];
    const args = ['agent', '--driver', 'qemu', '--control', url, ...where];
    await this.#start([...args, '--listen', '127.0.0.1'], /is up/);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.splice(0).map(ended));
  }

  /** Resolves once it says that. */
  #start(args: readonly string[], says: RegExp): Promise<RegExpExecArray> {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    let said = '';
    return new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said = (said + text).slice(-4_000);
          const found = says.exec(said);
          if (found !== null) resolve(found);
        });
      }
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`\`${args[0]}\` ended with ${code}: ${said}`)));
    });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

async function logIn(url: string, password: string): Promise<string> {
  const domain = { name: 'Default' };
  const identity = {
    methods: ['password'],
    password: { user: { name: 'admin', domain, password } },
  };
  const response = await fetch(`${url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: { name: 'admin', domain } } } }),
  });
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new Error(`the control plane lets nobody in: ${response.status}`);
  return token;
}
