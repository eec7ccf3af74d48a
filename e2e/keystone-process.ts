/** A real Keystone for a test: the distribution's package under uwsgi, on SQLite, made anew. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { freePort } from '../src/real/free-port.fixture.ts';
import { until } from './product.ts';

const NEEDED = ['/usr/bin/keystone-manage', '/usr/bin/uwsgi-core'];
const missing = NEEDED.find((path) => !existsSync(path));
export const keystoneMissing = missing === undefined ? false : `no ${missing} here`;
export const PASSWORD = 'pw';

export class KeystoneProcess {
  readonly #directory: string;
  readonly url: string;
  #child: ChildProcess | null = null;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.url = `http://127.0.0.1:${port}/v3`;
  }

  static async start(): Promise<KeystoneProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'plimsoll-keystone-'));
    const keystone = new KeystoneProcess(directory, await freePort());
    await keystone.#setUp();
    await keystone.resume();
    return keystone;
  }

  /** Serves what there is, and waits until it answers. */
  async resume(): Promise<void> {
    const { port } = new URL(this.url);
    const how = ['--plugin', 'python3', '--http-socket', `127.0.0.1:${port}`, '--master'];
    const what = ['--wsgi-file', '/usr/bin/keystone-wsgi-public', '--buffer-size', '65535'];
    const as = ['--lazy-apps', '--add-header', 'Connection: close']; // which it does unsaid
    const about = ['--pyargv', `--config-file ${this.#config}`, '--need-app', '--die-on-term'];
    const child = spawn('/usr/bin/uwsgi-core', [...how, ...what, ...as, ...about], {
      stdio: 'ignore',
    });
    this.#child = child;
    await until(
      () =>
        fetch(this.url).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200 || child.exitCode !== null,
    );
    if (child.exitCode !== null) throw new Error(`Keystone ended with ${child.exitCode}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  }

  async clear(): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.#directory, 'keystone.conf');
  }

  async #setUp(): Promise<void> {
    const at = (name: string): string => join(this.#directory, name);
    const config = [
      `[DEFAULT]\nlog_dir = ${this.#directory}`,
      `[database]\nconnection = sqlite:///${at('keystone.sqlite')}`,
      `[fernet_tokens]\nkey_repository = ${at('fernet')}`,
      `[credential]\nkey_repository = ${at('credential')}`,
      '[identity]\npassword_hash_rounds = 4',
      '[cache]\nenabled = false',
    ];
    await writeFile(this.#config, config.join('\n'));
    const as = ['--keystone-user', 'root', '--keystone-group', 'root'];
    await this.#manage('db_sync');
    // Else what it writes may wait for what it read itself: "database is locked", and no answer.
    new Sqlite(at('keystone.sqlite')).pragma('journal_mode = WAL');
    await this.#manage('fernet_setup', ...as);
    const first = ['--bootstrap-password', PASSWORD, '--bootstrap-region-id', 'RegionOne'];
    await this.#manage('bootstrap', ...first, '--bootstrap-public-url', this.url);
  }

  #manage(...words: readonly string[]): Promise<void> {
    const args = ['--config-file', this.#config, ...words];
    return new Promise((resolve, reject) => {
      execFile('/usr/bin/keystone-manage', args, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }
}
