/**
 * The audit: asks hosts what really runs there, holds it against the books, and puts right what no
 * operation owns (AU1–AU6, reconcile.ts, repairs.ts).
 *
 *   a host has reported ──┐
 *   every AUDIT_EVERY ────┼─► servers here ─► ask: list ─► as last time, ─► done
 *   an operator asks ─────┘    (and their          │       and clean
 *                               version)           └► picture ─► differences ─► repair · record
 *
 *   AU7  a host that was clean, tells the same as then, and of which nothing in the books has
 *        changed since, costs one question and one comparison (changed.ts). The question is asked
 *        all the same: a guest that crashed, or that somebody switched by hand, only its machine
 *        knows of. To be told of it unasked, hosts would have to list their guests with every beat,
 *        six times as often as they are asked to.
 *
 * Each repair is looked at again in the books before it is asked for, and is safe by itself,
 * however old the host's word is: a guest is destroyed as what one step made, is started only if no
 * step has switched it since, and a row or a hold is looked at again in the ledger request that
 * changes it. A repair that got no answer is made again by the next audit, if need be.
 */
import { by } from '../base/order.ts';
import { type Millis, millis } from '../base/units.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import { isUp } from '../fleet/status.ts';
import type { View } from '../ledger/draft.ts';
import type { Ledger, Unavailable } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { GuestReport } from '../ports/order.ts';
import { done, no, type Reply } from '../ports/reply.ts';
import type { Wire } from '../ports/wire.ts';
import { evacuations } from '../servers/evacuations.ts';
import {
  type AuditReport,
  type Audits,
  type FindingRow,
  findings,
  type UndoRefusal,
} from '../servers/findings.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import { Changed } from './changed.ts';
import { putBack } from './mend.ts';
import { repairOf, sentenceOf, subjectOf } from './outcomes.ts';
import { type Asked, bareHolders, pictureOf, serversOn } from './picture.ts';
import { endQuarantine } from './quarantine.ts';
import { classify, type Difference } from './reconcile.ts';
import { isNews, openRow, record, type Settled } from './record.ts';
import { LIST_TIMEOUT, type Look, Repairs } from './repairs.ts';
import type { NeedsOf } from './taken.ts';

export interface AuditParts {
  readonly ledger: Ledger;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Names this process: part of its orders' keys. */
  readonly owner: string;
  readonly needsOf: NeedsOf;
}

export const AUDIT_EVERY: Millis = millis(60_000);
/** A guest is given up only when every host has been asked meanwhile. */
const LOST_AFTER = 2 * AUDIT_EVERY;
/** How many hosts are asked at once. */
const HOSTS_AT_ONCE = 16;

type Bare = Asked['bare'];
/** What one audit of one host came to; null: it did not answer. */
type Came = { readonly found: readonly Difference[]; readonly settled: readonly Settled[] } | null;
const nothing: Came = { found: [], settled: [] };

export class Audit implements Audits {
  readonly #parts: AuditParts;
  readonly #repairs: Repairs;
  readonly #changed: Changed;
  /** Hosts whose audit is under way, and whether one more was asked for meanwhile. */
  readonly #underWay = new Map<string, { again: boolean }>();
  /** What was told of each host by its last audit, so that nothing is told every minute. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  #count = 0;
  #stopped = false;

  constructor(parts: AuditParts) {
    this.#parts = parts;
    this.#repairs = new Repairs(parts.ledger, parts.wire, parts.needsOf);
    this.#changed = new Changed(parts.ledger);
  }

  /** Audits every host that is up, a few at a time, for as long as this process lives. */
  async watch(): Promise<void> {
    while (!this.#stopped) {
      await this.round();
      await this.#parts.clock.sleep(AUDIT_EVERY);
    }
  }

  /** Every host that is up, once; `all`: also those where nothing can have changed. */
  async round(all = false): Promise<void> {
    const { ledger } = this.#parts;
    const names = await ledger.read((view) => auditable(view).map(({ name }) => name));
    const bare = await ledger.read(bareHolders);
    if (all) this.#changed.forget();
    await eachOf(names, async (host) => {
      if (!this.#stopped) await this.host(host, bare);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#changed.stop();
  }

  /** Audits one host, or once more when that is being done; gives what was found last. */
  async host(host: string, bare?: Bare): Promise<readonly Difference[]> {
    const underWay = this.#underWay.get(host);
    if (underWay !== undefined) {
      underWay.again = true;
      return [];
    }
    const own = { again: true };
    this.#underWay.set(host, own);
    let found: readonly Difference[] = [];
    while (own.again && !this.#stopped) {
      own.again = false;
      found = (await this.#once(host, false, bare))?.found ?? [];
    }
    this.#underWay.delete(host);
    return found;
  }

  // ── as operators ask for it ────────────────────────────────────────────────────────────────

  async audit(host: string | null, dry: boolean): Promise<AuditReport | null> {
    const { ledger } = this.#parts;
    const bare = await ledger.read(bareHolders);
    const rows = await ledger.read((view) => [...view.rows(hosts).values()]);
    const asked = rows
      .filter(({ name }) => host === null || name === host)
      .sort(by(({ name }) => name));
    if (host !== null && asked.length === 0) return null;
    const came = new Map<string, Came>();
    const up = asked.filter(({ state }) => state === 'up').map(({ name }) => name);
    await eachOf(up, async (name) => {
      this.#changed.forget(name);
      came.set(name, await this.#once(name, dry, bare));
    });
    const names = asked.map(({ name }) => name);
    const silent = names.filter((name) => came.get(name) == null);
    const found = names.flatMap((name) => came.get(name)?.settled ?? []);
    return { found, audited: names.length - silent.length, silent };
  }

  undo(id: number): Promise<Reply<FindingRow, UndoRefusal | Unavailable>> {
    return this.#parts.ledger.submit<FindingRow, UndoRefusal>((draft) => {
      const row = draft.rows(findings).get(String(id));
      if (row === undefined) return no({ why: 'unknown-finding' });
      if (row.state !== 'repaired' || row.undo.length === 0) return no({ why: 'nothing-to-undo' });
      const back = putBack(draft, row.undo);
      if (back.is === 'no') return no({ why: 'not-possible', message: back.why });
      const why = `${row.why}; then an operator put it back`;
      const undone = { ...row, state: 'undone', why, changed_at_ms: draft.now_ms } as const;
      draft.put(findings, undone);
      return done(undone);
    });
  }

  // ── one host ───────────────────────────────────────────────────────────────────────────────

  async #once(host: string, dry: boolean, known?: Bare): Promise<Came> {
    const { ledger, wire, owner } = this.#parts;
    const name = `audit/${owner}/${++this.#count}`;
    const since = this.#changed.mark(host);
    const { sequence } = ledger;
    const before = await ledger.read((view) => serversOn(view, host));
    const bare = known ?? (await ledger.read(bareHolders));
    const listed = await wire.ask<'list'>(host, { verb: 'list', key: name }, LIST_TIMEOUT);
    if (listed.is !== 'done') return null;
    const { guests } = listed.value;
    if (this.#changed.isAsItWas(host, guests, since)) return nothing;
    const { needsOf } = this.#parts;
    const look = await ledger.read((view) =>
      lookAt(view, { host, guests, before, bare, needsOf }, name, dry),
    );
    if (look === null) return nothing;
    const { found } = look;
    if (!dry) this.#tell(host, found);
    const settled = await this.#settle(look, sequence);
    if (!dry) await this.#end(look, guests, since);
    return { found, settled };
  }

  async #settle(look: Look & Saw, sequence: number): Promise<readonly Settled[]> {
    const { ledger } = this.#parts;
    const { host, dry, found } = look;
    const settled: Settled[] = [];
    for (const difference of found) {
      // Repairs before it may have taken their time: by now it may be somebody's.
      const still = await ledger.read((view) => look.still(view, difference));
      if (still) settled.push(await this.#settleOne(look, difference));
    }
    if (dry) return [...settled, ...look.owned];
    if (await ledger.read((view) => isNews(view, host, settled))) {
      await ledger.submit((draft) => {
        record(draft, host, sequence, settled);
        return done(undefined);
      });
    }
    return [...settled, ...look.owned];
  }

  async #settleOne(look: Look, difference: Difference): Promise<Settled> {
    const told = toldOf(look.host, difference);
    const { ledger, clock } = this.#parts;
    const row = await ledger.read((view) => openRow(view, told));
    if (row?.state === 'undone')
      return { ...told, why: 'an operator put it back: it is left alone' };
    const since_ms = row?.found_at_ms ?? clock.wall();
    if (difference.is === 'no-guest' && clock.wall() - since_ms < LOST_AFTER) {
      return { ...told, why: 'it may be on another host: they are all asked first' };
    }
    return { ...told, ...(await this.#repairs.settle(look, difference)) };
  }

  /** A host that is back, and clean, leaves quarantine; and what was clean is remembered. */
  async #end(
    { host, found, owned }: Look & Saw,
    guests: readonly GuestReport[],
    since: number,
  ): Promise<void> {
    const left = await endQuarantine(this.#parts.ledger, host, guests);
    const own = this.#underWay.get(host);
    if (left && own !== undefined && found.some(({ is }) => is === 'stray-guest')) own.again = true;
    // What an operation owns now may be nobody's once that is over, wherever its server is then.
    const clean = found.length === 0 && owned.length === 0;
    if (clean && !left) this.#changed.wasClean(host, guests, since);
    else this.#changed.forget(host);
  }

  #tell(host: string, found: readonly Difference[]): void {
    const before = this.#told.get(host);
    const all = new Map(found.map((difference) => [JSON.stringify(difference), difference]));
    for (const [text, difference] of all) {
      if (before?.has(text)) continue;
      const { is } = difference;
      const [repair, subject] = [repairOf(difference), subjectOf(difference)];
      this.#parts.journal.warn('audit.difference', { host, is, subject, repair });
    }
    this.#told.set(host, new Set(all.keys()));
  }
}

/** Several at once, so that they share commits and wait for each other's hosts only a little. */
async function eachOf(names: readonly string[], act: (name: string) => Promise<void>) {
  const left = [...names].reverse();
  const next = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) await act(name);
  };
  await Promise.all(Array.from({ length: HOSTS_AT_ONCE }, next));
}

interface Saw {
  readonly found: readonly Difference[];
  /** Whether the books as they are now make it the same difference. */
  readonly still: (view: View, difference: Difference) => boolean;
  /** What looks odd and is some operation's own (AU1). */
  readonly owned: readonly Settled[];
}

/** Those that are up, and those that are back and held for down until they are clean. */
const auditable = (view: View): HostRow[] =>
  [...view.rows(hosts).values()].filter(
    (row) =>
      isUp(row) || (row.state === 'up' && view.rows(evacuations).by('host', row.name).length > 0),
  );

/** Null: there is no such host. */
function lookAt(view: View, asked: Asked, name: string, dry: boolean): (Look & Saw) | null {
  const picture = pictureOf(view, asked);
  const root = view.rows(hosts).get(asked.host)?.provider_id;
  if (picture === null || root === undefined) return null;
  const seen = new Map<string, ServerRow>();
  for (const { uuid } of picture.servers) {
    const row = view.rows(servers).get(uuid);
    if (row !== undefined) seen.set(uuid, row);
  }
  const found = classify(picture);
  const owned = picture.servers.filter((server) => server.owned);
  const free = owned.map((server) => ({ ...server, owned: false }));
  const odd = classify({ ...picture, servers: free, holds: [], troubles: [] }).filter(
    (one) => 'uuid' in one && owned.some(({ uuid }) => uuid === one.uuid),
  );
  const { host, guests } = asked;
  return {
    ...{ host, root, name, dry, guests, seen, found, still: stillIn(asked) },
    owned: odd
      .filter(({ is }) => is !== 'no-hold')
      .map((one) => ({ ...toldOf(host, one), why: OWNED })),
  };
}

const stillIn = (asked: Asked) => (view: View, difference: Difference) => {
  const now = pictureOf(view, asked);
  const text = JSON.stringify(difference);
  return now !== null && classify(now).some((one) => JSON.stringify(one) === text);
};

const OWNED = 'an operation is under way, or got stuck, and owns it';

const toldOf = (host: string, difference: Difference): Settled => ({
  host,
  kind: difference.is,
  subject: subjectOf(difference),
  state: 'left',
  what: sentenceOf(difference),
  why: '',
  undo: [],
});
