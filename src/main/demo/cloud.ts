/** The little of the APIs that the demonstration asks for, as any client would. */

import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

type Json = Readonly<Record<string, unknown>>;

export interface Operation {
  readonly id: string;
  readonly saga: string;
  readonly state: string;
  readonly error: string | null;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly downtime_ms: number | null;
}

export class Cloud {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async hostToken(host: string): Promise<string> {
    return String((await this.#ask('POST', `/plimsoll/v1/hosts/${host}/token`))['token']);
  }

  async hostsUp(): Promise<number> {
    const { hosts } = await this.#ask('GET', '/plimsoll/v1/hosts');
    return (hosts as { state: string }[]).filter(({ state }) => state === 'up').length;
  }

  async image(name: string, file: string, properties: Json = {}): Promise<string> {
    const formats = { disk_format: 'raw', container_format: 'bare' };
    const { id } = await this.#ask('POST', '/image/v2/images', { name, ...formats, ...properties });
    const response = await this.#send('PUT', `/image/v2/images/${id}/file`, {
      headers: { 'content-type': 'application/octet-stream' },
      body: createReadStream(file),
      duplex: 'half',
    });
    if (!response.ok) throw await refused(response);
    return String(id);
  }

  async flavor(about: Json): Promise<string> {
    const { flavor } = await this.#ask('POST', '/compute/v2.1/flavors', { flavor: about });
    return (flavor as { id: string }).id;
  }

  async boot(about: Json): Promise<string> {
    const { server } = await this.#ask('POST', '/compute/v2.1/servers', { server: about });
    return (server as { id: string }).id;
  }

  async server(id: string): Promise<{ readonly status: string; readonly host: string }> {
    const said = (await this.#ask('GET', `/compute/v2.1/servers/${id}`))['server'] as Json;
    return { status: String(said['status']), host: String(said['OS-EXT-SRV-ATTR:host']) };
  }

  /** '' while there is none. */
  async console(id: string): Promise<string> {
    const path = `/compute/v2.1/servers/${id}/action`;
    const response = await this.#send('POST', path, inJson({ 'os-getConsoleOutput': {} }));
    return response.ok ? ((await response.json()) as { output: string }).output : '';
  }

  async liveMigrate(id: string): Promise<void> {
    const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
    await this.#ask('POST', `/compute/v2.1/servers/${id}/action`, live);
  }

  async newestOperation(id: string): Promise<Operation> {
    const path = `/plimsoll/v1/operations?server=${id}&limit=1`;
    const { operations } = await this.#ask('GET', path);
    const [newest] = operations as readonly Operation[];
    const { operation } = await this.#ask('GET', `/plimsoll/v1/operations/${newest?.id}`);
    return operation as Operation;
  }

  async remove(id: string): Promise<void> {
    await this.#send('DELETE', `/compute/v2.1/servers/${id}`, {});
    const path = `/compute/v2.1/servers/${id}`;
    await until('deleted', async () => (await this.#send('GET', path, {})).status === 404);
  }

  async #ask(method: string, path: string, body?: Json): Promise<Json> {
    const response = await this.#send(method, path, body === undefined ? {} : inJson(body));
    if (!response.ok) throw await refused(response);
    const text = await response.text();
    return text === '' ? {} : (JSON.parse(text) as Json);
  }

  #send(method: string, path: string, init: RequestInit): Promise<Response> {
    const compute = { 'openstack-api-version': 'compute 2.96', 'x-auth-token': this.#token };
    const headers = { ...compute, ...(init.headers as Record<string, string>) };
    return fetch(`${this.#url}${path}`, { ...init, method, headers });
  }
}

const inJson = (body: Json): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const refused = async (response: Response): Promise<Error> =>
  new Error(`${response.url} answers ${response.status}: ${await response.text()}`);

const WAITED_MS_MAX = 50_000;
const BETWEEN_MS = 50;

/** Asks until it is so. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let left_ms = WAITED_MS_MAX; !(await isSo()); left_ms -= BETWEEN_MS) {
    if (left_ms <= 0) throw new Error(`it takes too long: ${what}`);
    await pause(BETWEEN_MS);
  }
}
