/** A control plane and agents with real guests, each a process, for figures of whole migrations. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Api, apiOf, logIn, type Product, ROOT, startProduct, until } from '../e2e/product.ts';
import { type Counted, countedOn, type SmallGuest } from '../src/real/qemu/small-guest.ts';
import type { Moved } from './migration.hand.ts';

const CLI = join(ROOT, 'dist/main/cli.js');
const DISK_BYTES = 1024 * 1024;
const MEMORY_MIB = 96;
const TICK_TRIES = 2_000;
const LOOKED_AT_EVERY_MS = 200;

export class RealFleet {
  readonly #directory: string;
  readonly #files: SmallGuest;
  readonly #agents: ChildProcess[] = [];
  readonly #ids: string[] = [];
  #product: Product | null = null;
  #api: Api = async () => ({ status: 0, body: null });

  constructor(directory: string, files: SmallGuest) {
    this.#directory = directory;
    this.#files = files;
  }

  async start(hosts: readonly string[]): Promise<void> {
    const data = join(this.#directory, 'control');
    this.#product = await startProduct({ data, args: ['--hosts', '0'] });
    this.#api = await apiOf(this.#product);
    for (const host of hosts) await this.#agent(host);
  }

  async stop(): Promise<void> {
    for (const id of this.#ids) await this.#remove(id);
    for (const agent of this.#agents) agent.kill('SIGTERM');
    await this.#product?.stop();
  }

  async #agent(host: string): Promise<void> {
    const { body } = await this.#api('POST', `/plimsoll/v1/hosts/${host}/token`);
    const tokens = join(this.#directory, `${host}.token`);
    writeFileSync(tokens, `${host} ${body.token}\n`, { mode: 0o600 });
    const where = ['--tokens', tokens, '--state', join(this.#directory, 's')];
    const args = ['agent', '--driver', 'qemu', '--control', this.#product?.url ?? '', ...where];
    const child = spawn(process.execPath, [CLI, ...args, '--listen', '127.0.0.1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#agents.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('is up')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the agent of ${host} ended with ${code}`)));
    });
  }

  /** So many guests of one kind, which all run, and count once in that time. */
  async boot(count: number, tick_ms = 50): Promise<readonly string[]> {
    const flavor = { name: 'bench', vcpus: 1, ram: MEMORY_MIB, disk: 0 };
    const made = await this.#api('POST', '/compute/v2.1/flavors', { flavor });
    const about = { imageRef: await this.#images(tick_ms), flavorRef: made.body.flavor.id };
    for (let at = 0; at < count; at++) {
      const server = { name: `bench-${at}`, ...about, networks: 'none' };
      const { body } = await this.#api('POST', '/compute/v2.1/servers', { server });
      this.#ids.push(body.server.id);
      await until(
        () => this.#server(body.server.id),
        ({ status }) => status === 'ACTIVE',
      );
      await this.counts(body.server.id, 1);
    }
    return this.#ids;
  }

  #server = async (id: string) =>
    (await this.#api('GET', `/compute/v2.1/servers/${id}`)).body.server;

  async #images(tick_ms: number): Promise<string> {
    const disk = join(this.#directory, 'disk');
    writeFileSync(disk, Buffer.alloc(DISK_BYTES));
    return this.#image('bench', disk, {
      kernel_id: await this.#image('kernel', this.#files.kernel, {}),
      ramdisk_id: await this.#image('initramfs', this.#files.initramfs, {}),
      os_command_line: `console=ttyS0 quiet panic=-1 records=1 every=${tick_ms * 1000}`,
    });
  }

  async #image(name: string, file: string, more: object): Promise<string> {
    const about = { name, disk_format: 'raw', container_format: 'bare', ...more };
    const { id } = (await this.#api('POST', '/image/v2/images', about)).body;
    const product = this.#product as Product;
    const headers = {
      'x-auth-token': await logIn(product),
      'content-type': 'application/octet-stream',
    };
    const body = readFileSync(file);
    const put = { method: 'PUT', headers, body };
    const response = await fetch(`${product.url}/image/v2/images/${id}/file`, put);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return id;
  }

  async console(id: string): Promise<Counted> {
    const path = `/compute/v2.1/servers/${id}/action`;
    const said = await this.#api('POST', path, { 'os-getConsoleOutput': {} });
    return countedOn(said.body.output ?? '');
  }

  /** It lives: it counts on by so much. */
  async counts(id: string, more: number): Promise<Counted> {
    const { last } = await this.console(id);
    return until(
      () => this.console(id),
      (now) => now.last >= last + more,
      TICK_TRIES,
    );
  }

  hostOf = async (id: string): Promise<string> => (await this.#server(id))['OS-EXT-SRV-ATTR:host'];

  /** To the other host, or throws. */
  async move(id: string): Promise<Moved> {
    const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
    const begun = await this.#api('POST', `/compute/v2.1/servers/${id}/action`, live);
    if (begun.status !== 202) throw new Error(JSON.stringify(begun.body));
    const over = await until(
      () => this.#newest(id),
      ({ saga, ended_at_ms }) => saga === 'live-migrate' && ended_at_ms !== null,
    );
    const { body } = await this.#api('GET', `/plimsoll/v1/operations/${over.id}`);
    const { state, error, started_at_ms, ended_at_ms, downtime_ms } = body.operation;
    if (state !== 'done') throw new Error(`${id} is ${state}: ${error}`);
    return { total_ms: ended_at_ms - started_at_ms, downtime_ms };
  }

  /** Looked at seldom, and from the books alone: whoever asks how far it is disturbs it. */
  async #newest(id: string) {
    await new Promise((wake) => setTimeout(wake, LOOKED_AT_EVERY_MS));
    const list = await this.#api('GET', `/plimsoll/v1/operations?server=${id}&limit=1`);
    return list.body.operations[0];
  }

  async #remove(id: string): Promise<void> {
    await this.#api('DELETE', `/compute/v2.1/servers/${id}`);
    await until(
      () => this.#api('GET', `/compute/v2.1/servers/${id}`),
      ({ status }) => status === 404,
    );
  }
}
