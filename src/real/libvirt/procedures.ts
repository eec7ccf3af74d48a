/**
 * The procedures of libvirt's protocol that we use: by number, with what they take and give. Names
 * are those of its C functions without `virDomain`.
 */
import { done, type Reply } from '../../core/ports/reply.ts';
import type { Answer, Trouble } from './rpc.ts';
import {
  type DomainName,
  type Parameter,
  type Parameters,
  type XdrReader,
  XdrWriter,
} from './xdr.ts';

export const PROCEDURE = {
  connect_open: 1,
  resume: 28,
  suspend: 34,
  lookup_by_uuid: 24,
  auth_list: 66,
  auth_polkit: 70,
  abort_job: 164,
  migrate_set_max_downtime: 166,
  create_with_flags: 196,
  inject_nmi: 210,
  screenshot: 211,
  get_state: 212,
  undefine_flags: 231,
  save_flags: 232,
  restore_flags: 233,
  destroy_flags: 234,
  shutdown_flags: 258,
  get_metadata: 265,
  get_job_stats: 298,
  migrate_begin: 302,
  migrate_prepare: 303,
  migrate_perform: 305,
  migrate_finish: 306,
  migrate_confirm: 307,
  event_register: 316,
  event_lifecycle: 318,
  define_xml_flags: 350,
  backup_begin: 421,
} as const;

/** A connection, whichever it is by now (line.ts). */
export interface Asker {
  ask(procedure: number, body: Uint8Array, within_ms?: number): Promise<Answer>;
  /** The same of a procedure whose answer is followed by bytes. */
  fetch(procedure: number, body: Uint8Array): Promise<Reply<Uint8Array, Trouble>>;
}

export type Told<T> = Promise<Reply<T, Trouble>>;

/** Beyond these spans an answer is `lost`. */
const MOVED_WITHIN_MS = 3_600_000;
const SAVED_WITHIN_MS = 600_000;
const STARTED_WITHIN_MS = 60_000;

const body = (): XdrWriter => new XdrWriter();

async function read<T>(answer: Promise<Answer>, take: (reader: XdrReader) => T): Told<T> {
  const heard = await answer;
  return heard.is === 'done' ? done(take(heard.value)) : heard;
}

const nothing = (): void => {};

// ── domains ──────────────────────────────────────────────────────────────────────────────────────

export const lookUp = (line: Asker, uuid: Uint8Array): Told<DomainName> =>
  read(line.ask(PROCEDURE.lookup_by_uuid, uuid), (reader) => reader.domain());

export const define = (line: Asker, xml: string): Told<DomainName> =>
  read(line.ask(PROCEDURE.define_xml_flags, body().string(xml).uint(0).bytes), (reader) =>
    reader.domain(),
  );

const START_PAUSED = 1;

/** It stands still. */
export const create = (line: Asker, domain: DomainName): Told<void> =>
  read(
    line.ask(
      PROCEDURE.create_with_flags,
      body().domain(domain).uint(START_PAUSED).bytes,
      STARTED_WITHIN_MS,
    ),
    nothing,
  );

/** One without anything but its domain, or with flags. */
const plain =
  (procedure: number, ...flags: readonly number[]) =>
  (line: Asker, domain: DomainName): Told<void> => {
    const given = body().domain(domain);
    for (const flag of flags) given.uint(flag);
    return read(line.ask(procedure, given.bytes), nothing);
  };

/** Whatever else libvirt keeps of it: saved memory, snapshots, firmware, checkpoints. */
const ALL_OF_IT = 1 | 2 | 4 | 16;
const BY_ACPI = 1;

export const resume = plain(PROCEDURE.resume);
export const suspend = plain(PROCEDURE.suspend);
export const destroy = plain(PROCEDURE.destroy_flags, 0);
export const undefine = plain(PROCEDURE.undefine_flags, ALL_OF_IT);
export const shutDown = plain(PROCEDURE.shutdown_flags, BY_ACPI);
export const injectNmi = plain(PROCEDURE.inject_nmi, 0);
export const abortJob = plain(PROCEDURE.abort_job);

const FIRST_SCREEN = 0;

/** What is to be seen, as a PNG or a PPM file. */
export const screenshot = (line: Asker, domain: DomainName): Told<Uint8Array> =>
  line.fetch(PROCEDURE.screenshot, body().domain(domain).uint(FIRST_SCREEN).uint(0).bytes);

export interface State {
  readonly state: number;
  readonly reason: number;
}

export const stateOf = (line: Asker, domain: DomainName): Told<State> =>
  read(line.ask(PROCEDURE.get_state, body().domain(domain).uint(0).bytes), (reader) => ({
    state: reader.int(),
    reason: reader.int(),
  }));

const ELEMENT = 2;

/** The element of that namespace in its description, as XML. */
export const metadataOf = (line: Asker, domain: DomainName, namespace: string): Told<string> =>
  read(
    line.ask(
      PROCEDURE.get_metadata,
      body().domain(domain).uint(ELEMENT).optionalString(namespace).uint(0).bytes,
    ),
    (reader) => reader.string(),
  );

const STAYS_PAUSED = 1 << 2;

/** Its memory to a file, and it is off. */
export const save = (line: Asker, domain: DomainName, path: string): Told<void> =>
  read(
    line.ask(
      PROCEDURE.save_flags,
      body().domain(domain).string(path).optionalString(null).uint(STAYS_PAUSED).bytes,
      SAVED_WITHIN_MS,
    ),
    nothing,
  );

/** It stands still. */
export const restore = (line: Asker, path: string): Told<void> =>
  read(
    line.ask(
      PROCEDURE.restore_flags,
      body().string(path).optionalString(null).uint(STAYS_PAUSED).bytes,
      SAVED_WITHIN_MS,
    ),
    nothing,
  );

export type JobStats = Readonly<Record<string, Parameter>>;

interface Job {
  readonly type: number;
  readonly stats: JobStats;
}

/** Types of jobs (virDomainJobType). */
export const NO_JOB = 0;
export const COMPLETED = 3;

const jobBy =
  (flags: number) =>
  (line: Asker, domain: DomainName): Told<Job> =>
    read(line.ask(PROCEDURE.get_job_stats, body().domain(domain).uint(flags).bytes), (reader) => ({
      type: reader.int(),
      stats: reader.parameters(),
    }));

const OF_THE_LAST = 1;

/** What is being done to it that takes its time. */
export const jobStats = jobBy(0);
/** How that went when it was done last. */
export const lastJob = jobBy(OF_THE_LAST);

/** Copies its disk while it goes on; answers when that has begun. */
export const backUp = (line: Asker, domain: DomainName, xml: string): Told<void> =>
  read(
    line.ask(
      PROCEDURE.backup_begin,
      body().domain(domain).string(xml).optionalString(null).uint(0).bytes,
    ),
    nothing,
  );

export const setMaxDowntime = (line: Asker, domain: DomainName, span_ms: number): Told<void> =>
  read(
    line.ask(
      PROCEDURE.migrate_set_max_downtime,
      body().domain(domain).hyper(span_ms).uint(0).bytes,
    ),
    nothing,
  );

// ── moving: begin at the source, prepare there, perform here, finish there, confirm here ─────────

export interface Move {
  readonly parameters: Parameters;
  readonly flags: number;
}

export const begin = (
  line: Asker,
  domain: DomainName,
  { parameters, flags }: Move,
): Told<{ readonly cookie: Buffer; readonly xml: string }> =>
  read(
    line.ask(
      PROCEDURE.migrate_begin,
      body().domain(domain).parameters(parameters).uint(flags).bytes,
    ),
    (reader) => ({ cookie: reader.opaque(), xml: reader.string() }),
  );

export const prepare = (
  line: Asker,
  { parameters, flags }: Move,
  cookie: Uint8Array,
): Told<{ readonly cookie: Buffer; readonly uri: string | null }> =>
  read(
    line.ask(
      PROCEDURE.migrate_prepare,
      body().parameters(parameters).opaque(cookie).uint(flags).bytes,
      STARTED_WITHIN_MS,
    ),
    (reader) => ({ cookie: reader.opaque(), uri: reader.optionalString() }),
  );

export const perform = (
  line: Asker,
  domain: DomainName,
  { parameters, flags }: Move,
  cookie: Uint8Array,
): Told<Buffer> =>
  read(
    line.ask(
      PROCEDURE.migrate_perform,
      body().domain(domain).optionalString(null).parameters(parameters).opaque(cookie).uint(flags)
        .bytes,
      MOVED_WITHIN_MS,
    ),
    (reader) => reader.opaque(),
  );

export const finish = (
  line: Asker,
  { parameters, flags }: Move,
  cookie: Uint8Array,
  cancelled: boolean,
): Told<DomainName> =>
  read(
    line.ask(
      PROCEDURE.migrate_finish,
      body()
        .parameters(parameters)
        .opaque(cookie)
        .uint(flags)
        .uint(cancelled ? 1 : 0).bytes,
      STARTED_WITHIN_MS,
    ),
    (reader) => reader.domain(),
  );

export const confirm = (
  line: Asker,
  domain: DomainName,
  { parameters, flags }: Move,
  cookie: Uint8Array,
  cancelled: boolean,
): Told<void> =>
  read(
    line.ask(
      PROCEDURE.migrate_confirm,
      body()
        .domain(domain)
        .parameters(parameters)
        .opaque(cookie)
        .uint(flags)
        .uint(cancelled ? 1 : 0).bytes,
      STARTED_WITHIN_MS,
    ),
    nothing,
  );
