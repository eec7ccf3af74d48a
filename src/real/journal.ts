/**
 * What operators read: one JSON object a line on stderr, by pino.
 *
 *   { level, time, event, …facts whose names are allowed }
 *
 * Facts are an allow-list: a name that is not on it is not printed, whatever it holds; only the
 * name itself appears, under `withheld`, so that whoever misses a fact knows where to look. Text is
 * cut at TEXT_MAX, so that no caller can fill the disk with one name, and of what is written in it
 * like a secret (base/secrets.ts) stars are left.
 */
import pino from 'pino';
import { withoutSecrets } from '../core/base/secrets.ts';
import type { Facts, Journal } from '../core/ports/journal.ts';

/** Ids, names, counts and reasons. Never a credential, a token, or what a user sent. */
const ALLOWED: ReadonlySet<string> = new Set([
  'action',
  'address',
  'agent',
  'attempt',
  'code',
  'consumer_uuid',
  'count',
  'database',
  'directory',
  'duration_ms',
  'expected',
  'explanation_id',
  'filter',
  'flavor',
  'found',
  'from',
  'group_uuid',
  'held',
  'host',
  'hosts',
  'image_id',
  'incarnation',
  'is',
  'key',
  'kind',
  'made_by',
  'message',
  'method',
  'names',
  'outcome',
  'path',
  'phase',
  'pid',
  'port',
  'power',
  'process',
  'project_id',
  'provider_uuid',
  'reason',
  'repair',
  'request_id',
  'resource',
  'resource_class',
  'run_id',
  'saga',
  'sequence',
  'server_host',
  'server_uuid',
  'servers',
  'service',
  'signal',
  'size_bytes',
  'stack',
  'state',
  'status',
  'step',
  'subject',
  'taken',
  'to',
  'url',
  'user_id',
  'uuid',
  'verb',
  'version',
  'why',
]);

export const TEXT_MAX = 2000;

/** The part of `facts` that may be printed. */
export function allowed(facts: Facts): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  const withheld: string[] = [];
  for (const [name, value] of Object.entries(facts)) {
    if (!ALLOWED.has(name)) withheld.push(name);
    else shown[name] = typeof value === 'string' ? plain(value) : value;
  }
  return withheld.length === 0 ? shown : { ...shown, withheld };
}

const plain = (text: string): string => withoutSecrets(text.slice(0, TEXT_MAX));

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Written at once, so that the last words before a crash are there. */
export function realJournal(
  level: Level = 'info',
  to: pino.DestinationStream = pino.destination({ fd: 2, sync: true }),
): Journal {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const formatters = { level: (label: string) => ({ level: label }) };
  const log = pino({ level, base: null, timestamp, formatters }, to);
  return {
    info: (event, facts = {}) => log.info({ event, ...allowed(facts) }),
    warn: (event, facts = {}) => log.warn({ event, ...allowed(facts) }),
    error: (event, facts = {}) => log.error({ event, ...allowed(facts) }),
  };
}

/** The same, in a file that is added to. */
export const fileJournal = (path: string): Journal =>
  realJournal('info', pino.destination({ dest: path, sync: true, append: true }));
