/**
 * The line to libvirtd: it is dialled when it is needed, and again after libvirtd was restarted.
 *
 *   ask ─► open already ─────────────────────────────► call
 *      └─► dial ─► who may come? ─► qemu:///system ─► events ─► call
 *
 * A call that was under way when the line broke is `lost`; the next one dials. Dialling again takes
 * as long as libvirtd takes to come back, up to a limit.
 */
import { type Decision, done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { until } from '../qemu/waiting.ts';
import type { Asker } from './procedures.ts';
import { PROCEDURE } from './procedures.ts';
import { type Answer, Rpc, type Trouble } from './rpc.ts';
import { type XdrReader, XdrWriter } from './xdr.ts';

/** What happened to a domain; its numbers are in codes.ts. */
export interface DomainEvent {
  readonly uuid: string;
  readonly event: number;
  readonly detail: number;
}

const ANSWER_WITHIN_MS = 30_000;
const DIALLED_WITHIN_MS = 15_000;
const DIALLED_EVERY_MS = 100;
/** The first connection of all has libvirtd find out what QEMU can do. */
const OPENED_WITHIN_MS = 60_000;

const AUTH_NONE = 0;
const AUTH_POLKIT = 2;
const LIFECYCLE = 0;

export const uuidText = (uuid: Uint8Array): string =>
  Buffer.from(uuid)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

export const uuidBytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex');

export class Line implements Asker {
  readonly #path: string;
  readonly #listeners = new Set<(event: DomainEvent) => void>();
  #rpc: Rpc | null = null;
  #dialling: Promise<Rpc | null> | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Why it cannot be had, in a sentence; `done`: it answers. */
  async check(): Promise<Decision<void, string>> {
    const rpc = await Rpc.open(this.#path, () => {});
    if (rpc === null) return no(`no libvirtd listens at ${this.#path}`);
    const entered = await enter(rpc);
    rpc.close();
    return entered;
  }

  async ask(procedure: number, body: Uint8Array, within_ms = ANSWER_WITHIN_MS): Promise<Answer> {
    const rpc = await this.#opened();
    return rpc === null ? lost : rpc.call(procedure, body, within_ms);
  }

  async fetch(procedure: number, body: Uint8Array): Promise<Reply<Uint8Array, Trouble>> {
    const rpc = await this.#opened();
    return rpc === null ? lost : rpc.fetch(procedure, body, ANSWER_WITHIN_MS);
  }

  /** Hears of every domain from now on; gives what ends it. */
  listen(hear: (event: DomainEvent) => void): () => void {
    this.#listeners.add(hear);
    return () => void this.#listeners.delete(hear);
  }

  close(): void {
    this.#closed = true;
    this.#rpc?.close();
  }

  #opened(): Promise<Rpc | null> {
    if (this.#rpc?.closed === false) return Promise.resolve(this.#rpc);
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = null;
    });
    return this.#dialling;
  }

  async #dial(): Promise<Rpc | null> {
    const tried = async () => (this.#closed ? ('over' as const) : this.#enterOnce());
    const found = await until(DIALLED_WITHIN_MS, tried, DIALLED_EVERY_MS);
    this.#rpc = found === 'over' ? null : found;
    return this.#rpc;
  }

  async #enterOnce(): Promise<Rpc | null> {
    const rpc = await Rpc.open(this.#path, (procedure, body) => this.#happened(procedure, body));
    if (rpc === null) return null;
    const entered = await enter(rpc);
    const asked = new XdrWriter().uint(LIFECYCLE).uint(0).bytes;
    const heard = await rpc.call(PROCEDURE.event_register, asked, ANSWER_WITHIN_MS);
    if (entered.is === 'done' && heard.is === 'done') return rpc;
    rpc.close();
    return null;
  }

  #happened(procedure: number, body: XdrReader): void {
    if (procedure !== PROCEDURE.event_lifecycle) return;
    body.int(); // which of our registrations
    const { uuid } = body.domain();
    const event = { uuid: uuidText(uuid), event: body.int(), detail: body.int() };
    for (const hear of [...this.#listeners]) hear(event);
  }
}

async function enter(rpc: Rpc): Promise<Decision<void, string>> {
  const nothing = new Uint8Array();
  const asked = await rpc.call(PROCEDURE.auth_list, nothing, ANSWER_WITHIN_MS);
  if (asked.is !== 'done') return no('libvirtd does not say who may come');
  const ways = asked.value.array(asked.value.int);
  if (!ways.includes(AUTH_NONE)) {
    if (!ways.includes(AUTH_POLKIT)) return no('libvirtd asks for a name and a password');
    const polkit = await rpc.call(PROCEDURE.auth_polkit, nothing, ANSWER_WITHIN_MS);
    if (polkit.is !== 'done') return no('polkit does not let this user manage libvirt');
  }
  const uri = new XdrWriter().optionalString('qemu:///system').uint(0).bytes;
  const opened = await rpc.call(PROCEDURE.connect_open, uri, OPENED_WITHIN_MS);
  if (opened.is === 'done') return done(undefined);
  return no(opened.is === 'no' ? opened.why.message : 'libvirtd does not answer');
}
