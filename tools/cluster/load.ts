/**
 * The load: clients that claim, look, and have servers made and deleted, each one request after
 * another, all through the balancer; everything that they ask and hear goes into the history.
 *
 *   claimers   read a consumer, then claim for it as of that generation: several at one consumer,
 *              so that they conflict, and all at one small provider, so that it runs full
 *   builders   make a server, look for it again and again, delete it, look again
 */
import { randomUUID } from 'node:crypto';
import { type Answer, type Ask, Client } from './client.ts';
import { type Event, now_ms } from './history.ts';

const CONSUMERS = 24;
const CLAIMERS = 8;
const BUILDERS = 4;
/** As many as hold a slot of the small provider at once, at most. */
export const SLOTS = 5;
const LOOKS_AT_A_SERVER = 8;
const PAUSE_MS = 25;

type Asked = [method: Ask['method'], path: string, body?: unknown];

export interface LoadAbout {
  readonly port: number;
  readonly token: string;
  readonly history: Event[];
  /** Between 0 and 1, from the seed. */
  readonly lot: () => number;
}

export class Load {
  readonly consumers = Array.from({ length: CONSUMERS }, () => randomUUID());
  readonly #client: Client;
  readonly #history: Event[];
  readonly #lot: () => number;
  readonly #wide = randomUUID();
  readonly #narrow = randomUUID();
  #values = 0;
  #servers = 0;
  #image = '';
  #over = false;
  #workers: Promise<void>[] = [];

  constructor({ port, token, history, lot }: LoadAbout) {
    this.#client = new Client(port, token);
    this.#history = history;
    this.#lot = lot;
  }

  /** Makes what the load needs. Nothing fails yet, so whatever does is told. */
  async prepare(): Promise<void> {
    await this.#must('PUT', '/placement/resource_classes/CUSTOM_CLAIM');
    await this.#must('PUT', '/placement/resource_classes/CUSTOM_SLOT');
    await this.#provider(this.#wide, 'CUSTOM_CLAIM', 2 ** 31 - 1);
    await this.#provider(this.#narrow, 'CUSTOM_SLOT', SLOTS);
    const { images } = (await this.#must('GET', '/image/v2/images')).body;
    this.#image = images[0].id;
    for (const consumer of this.consumers) await this.#claim(consumer, null);
  }

  start(): void {
    this.#workers = [
      ...Array.from({ length: CLAIMERS }, () => this.#claimer()),
      ...Array.from({ length: BUILDERS }, () => this.#builder()),
    ];
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#workers);
  }

  /** Looks at every consumer, by `client`. */
  async lookAtAll(client: Client): Promise<void> {
    for (const consumer of this.consumers) await this.#look(consumer, client);
    await this.#glance(client);
  }

  async #claimer(): Promise<void> {
    while (!this.#over) {
      const consumer = this.#one(this.consumers);
      const seen = await this.#look(consumer, this.#client);
      if (this.#lot() < 0.2) await this.#glance(this.#client);
      if (seen !== null && this.#lot() < 0.7) await this.#claim(consumer, seen);
      await pause(PAUSE_MS * this.#lot());
    }
  }

  async #look(consumer: string, client: Client): Promise<number | null> {
    const path = `/placement/allocations/${consumer}`;
    const { status, body, began_ms, ended_ms } = await client.ask({ method: 'GET', path });
    if (status !== 200) return null;
    const generation: number = body.consumer_generation ?? -1;
    const value: number = body.allocations[this.#wide]?.resources.CUSTOM_CLAIM ?? -1;
    this.#history.push({ is: 'read', consumer, generation, value, began_ms, ended_ms });
    return generation;
  }

  async #glance(client: Client): Promise<void> {
    const path = `/placement/resource_providers/${this.#wide}`;
    const { status, body, began_ms, ended_ms } = await client.ask({ method: 'GET', path });
    if (status !== 200) return;
    const { generation } = body;
    this.#history.push({ is: 'glance', provider: this.#wide, generation, began_ms, ended_ms });
  }

  /** Claims as of `generation`; null: for the first time, which must be granted. */
  async #claim(consumer: string, generation: number | null): Promise<void> {
    const value = ++this.#values;
    const slot = generation !== null && this.#lot() < 0.4;
    const allocations = {
      [this.#wide]: { resources: { CUSTOM_CLAIM: value } },
      ...(slot && { [this.#narrow]: { resources: { CUSTOM_SLOT: 1 } } }),
    };
    const whose = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    const body = { allocations, ...whose, consumer_generation: generation };
    const path = `/placement/allocations/${consumer}`;
    if (generation === null) return void (await this.#must('PUT', path, body));
    const { outcome, began_ms, ended_ms } = await this.#client.ask({ method: 'PUT', path, body });
    const write = { is: 'write', consumer, generation, value, outcome } as const;
    this.#history.push({ ...write, began_ms, ended_ms });
  }

  async #builder(): Promise<void> {
    while (!this.#over) {
      const id = await this.#build(`load-${++this.#servers}`);
      for (let looks = 0; id !== null && looks < LOOKS_AT_A_SERVER && !this.#over; looks++) {
        await this.#see(id);
        await pause(PAUSE_MS * 8 * this.#lot());
      }
      if (id !== null && this.#lot() < 0.95) await this.#raze(id);
      await pause(PAUSE_MS);
    }
  }

  async #build(name: string): Promise<string | null> {
    const server = { name, flavorRef: '1', imageRef: this.#image, networks: 'none' };
    const answer = await this.#ask('POST', '/compute/v2.1/servers', { server });
    const { outcome, began_ms, ended_ms } = answer;
    const id: string | null = outcome === 'done' ? answer.body.server.id : null;
    this.#history.push({ is: 'birth', name, id, outcome, began_ms, ended_ms });
    return id;
  }

  async #see(id: string): Promise<boolean | null> {
    const answer = await this.#ask('GET', `/compute/v2.1/servers/${id}`);
    const { status, began_ms, ended_ms } = answer;
    if (status !== 200 && status !== 404) return null;
    const there = status === 200;
    this.#history.push({ is: 'sight', id, there, began_ms, ended_ms });
    return there;
  }

  async #raze(id: string): Promise<void> {
    const began_ms = now_ms();
    this.#history.push({ is: 'death', id, began_ms, ended_ms: began_ms });
    for (let tries = 0; tries < 40 && !this.#over; tries++) {
      await this.#ask('DELETE', `/compute/v2.1/servers/${id}`);
      if ((await this.#see(id)) === false) return void (await this.#see(id));
      await pause(PAUSE_MS * 8);
    }
  }

  async #provider(uuid: string, resource_class: string, total: number): Promise<void> {
    const path = '/placement/resource_providers';
    const { generation } = (await this.#must('POST', path, { uuid, name: uuid })).body;
    const inventories = { [resource_class]: { total } };
    const body = { resource_provider_generation: generation, inventories };
    await this.#must('PUT', `${path}/${uuid}/inventories`, body);
  }

  #ask(...[method, path, body]: Asked): Promise<Answer> {
    return this.#client.ask({ method, path, ...(body !== undefined && { body }) });
  }

  async #must(...about: Asked): Promise<Answer> {
    const answer = await this.#ask(...about);
    if (answer.outcome === 'done') return answer;
    throw new Error(`${about[0]} ${about[1]}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#lot() * all.length)] as T;
  }
}

export const pause = (span_ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, span_ms));
