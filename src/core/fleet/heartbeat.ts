/**
 * Whether hosts are there: heard of lately enough, or silent.
 *
 *   beat ──► Heartbeats (memory) ──silent for SILENT_AFTER_MS──► markSilent: state `down`
 *                    │
 *                    └──a host that is `down`, or due──► markHeard: state `up`
 *
 * What beats often is not written down each time: a row changes when a host comes or goes, and once
 * in HEARD_WRITTEN_EVERY_MS for people to read. Silence is measured on the process's own clock; the
 * wall clock may jump and nobody goes down for it. A process that has just started has heard of
 * nobody, and lets each host beat first.
 *
 * Where several processes share the ledger, an agent may reach only some of them. Each of those
 * writes `heard_at_ms` anew before a host could be called silent; to the others a row that changes
 * is as good as a beat (HB1), and who would mark a host down names the row that it judged by (HB2).
 */
import { type Millis, present } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import { providers } from '../ledger/rows.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { type HostRow, hosts } from './rows.ts';

/** Upstream's service_down_time. */
export const SILENT_AFTER_MS = 60_000;
/** How often an agent beats. */
export const BEAT_EVERY_MS = 10_000;
/** How old a row's `heard_at_ms` may get while its host beats. */
export const HEARD_WRITTEN_EVERY_MS = 30_000;

/** What is known of a host from its row. */
export type Seen = Pick<HostRow, 'name' | 'heard_at_ms'>;

export class Heartbeats {
  readonly #heard = new Map<string, Millis>();
  readonly #written = new Map<string, number>();
  readonly #silent_after_ms: number;

  constructor(silent_after_ms = SILENT_AFTER_MS) {
    this.#silent_after_ms = silent_after_ms;
  }

  hear(host: string, now: Millis): void {
    this.#heard.set(host, now);
  }

  forget(host: string): void {
    this.#heard.delete(host);
  }

  /** Another process wrote that it heard of the host (HB1). */
  notice({ name, heard_at_ms }: Seen, now: Millis): void {
    if (this.#written.get(name) === heard_at_ms) return;
    this.#written.set(name, heard_at_ms);
    this.hear(name, now);
  }

  /** Those of the hosts that were last heard longer ago than allowed; one seen first beats now. */
  silent<Host extends Pick<Seen, 'name'>>(seen: Iterable<Host>, now: Millis): Host[] {
    const silent: Host[] = [];
    for (const host of seen) {
      const heard = this.#heard.get(host.name);
      if (heard === undefined) this.#heard.set(host.name, now);
      else if (now - heard > this.#silent_after_ms) silent.push(host);
    }
    return silent;
  }
}

export type BeatRefusal =
  | { readonly why: 'unknown-host'; readonly host: string }
  /** A later life of its agent has been heard. */
  | { readonly why: 'stale'; readonly incarnation: number };

/** Whether a beat is worth a row: the host was down, or was last written down long ago. */
export const isDue = (host: HostRow, now_ms: number): boolean =>
  host.state === 'down' || Math.abs(now_ms - host.heard_at_ms) >= HEARD_WRITTEN_EVERY_MS;

/** A beat of this life of the host's agent. One with a new incarnation reports first. */
export function markHeard(
  draft: Draft,
  { host, incarnation }: { readonly host: string; readonly incarnation: number },
): Decision<HostRow, BeatRefusal> {
  const row = draft.rows(hosts).get(host);
  if (row === undefined) return no({ why: 'unknown-host', host });
  if (row.incarnation > incarnation) return no({ why: 'stale', incarnation: row.incarnation });
  if (!isDue(row, draft.now_ms)) return done(row);
  const next: HostRow = { ...row, state: 'up', heard_at_ms: draft.now_ms };
  draft.put(hosts, next);
  if (row.state === 'down') sayAgain(draft, row.provider_id);
  return done(next);
}

/** Nothing was heard of it for too long. Its guests may well go on running. */
export function markSilent(
  draft: Draft,
  { name: host, heard_at_ms }: Seen,
): Decision<HostRow, BeatRefusal | { readonly why: 'heard' }> {
  const row = draft.rows(hosts).get(host);
  if (row === undefined) return no({ why: 'unknown-host', host });
  if (row.state === 'down') return done(row);
  if (row.heard_at_ms !== heard_at_ms) return no({ why: 'heard' }); // HB2
  const next: HostRow = { ...row, state: 'down' };
  draft.put(hosts, next);
  sayAgain(draft, row.provider_id);
  return done(next);
}

/** Writes the provider as it is: so every process notices that something about its host changed. */
export function sayAgain(draft: Draft, provider_id: number): void {
  const row = present(draft.books.providers[provider_id], `no provider ${provider_id}`);
  draft.put(providers, row);
}
