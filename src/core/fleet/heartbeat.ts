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

export class Heartbeats {
  readonly #heard = new Map<string, Millis>();
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

  /** Those of the hosts that were last heard longer ago than allowed; one seen first beats now. */
  silent(hostNames: Iterable<string>, now: Millis): string[] {
    const silent: string[] = [];
    for (const host of hostNames) {
      const heard = this.#heard.get(host);
      if (heard === undefined) this.#heard.set(host, now);
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
export function markSilent(draft: Draft, host: string): Decision<HostRow, BeatRefusal> {
  const row = draft.rows(hosts).get(host);
  if (row === undefined) return no({ why: 'unknown-host', host });
  if (row.state === 'down') return done(row);
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
