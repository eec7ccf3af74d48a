/**
 * The audit: asks hosts what really runs there, holds it against the books, and puts right what no
 * operation owns (AU1–AU3, reconcile.ts).
 *
 *   a host has reported ──┐
 *   every AUDIT_EVERY ────┴─► servers here ─► ask: list ─► picture ─► differences ─► repair · tell
 *
 * Each repair is looked at again in the books before it is asked for, and is safe by itself,
 * however old the host's word is: a guest is destroyed as what one step made, is started only if no
 * step has switched it since, and a row or a hold is looked at again in the ledger request that
 * changes it. A repair that got no answer is made again by the next audit, if need be.
 */
import { type Millis, millis } from '../base/units.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import { isUp } from '../fleet/status.ts';
import { claimAll } from '../ledger/claim.ts';
import type { View } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { GuestReport } from '../ports/order.ts';
import { done, no } from '../ports/reply.ts';
import type { Wire } from '../ports/wire.ts';
import { evacuations } from '../servers/evacuations.ts';
import { after } from '../servers/lifecycle.ts';
import { resizes } from '../servers/resizes.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import { ownerOf, pictureOf, serversOn } from './picture.ts';
import { endQuarantine } from './quarantine.ts';
import { classify, type Difference, repairs } from './reconcile.ts';

export interface AuditParts {
  readonly ledger: Ledger;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Names this process: part of its orders' keys. */
  readonly owner: string;
}

export const AUDIT_EVERY: Millis = millis(60_000);
const LIST_TIMEOUT: Millis = millis(10_000);
const REPAIR_TIMEOUT: Millis = millis(30_000);

export class Audit {
  readonly #parts: AuditParts;
  /** Hosts whose audit is under way, and whether one more was asked for meanwhile. */
  readonly #underWay = new Map<string, { again: boolean }>();
  /** What was told of each host by its last audit, so that nothing is told every minute. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  #count = 0;
  #stopped = false;

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** Audits every host that is up, one after another, for as long as this process lives. */
  async watch(): Promise<void> {
    while (!this.#stopped) {
      const names = await this.#parts.ledger.read((view) =>
        [...view.rows(hosts).values()]
          .filter((row) => isUp(row) || inQuarantine(view, row))
          .map(({ name }) => name),
      );
      for (const host of names) if (!this.#stopped) await this.host(host);
      await this.#parts.clock.sleep(AUDIT_EVERY);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Audits one host, or once more when that is being done; gives what was found last. */
  async host(host: string): Promise<readonly Difference[]> {
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
      found = await this.#once(host);
    }
    this.#underWay.delete(host);
    return found;
  }

  async #once(host: string): Promise<readonly Difference[]> {
    const { ledger, wire, owner } = this.#parts;
    const name = `audit/${owner}/${++this.#count}`;
    const before = await ledger.read((view) => serversOn(view, host));
    const listed = await wire.ask<'list'>(host, { verb: 'list', key: name }, LIST_TIMEOUT);
    if (listed.is !== 'done') return [];
    const look = () => ledger.read((view) => differences(view, host, listed.value.guests, before));
    const found = await look();
    this.#tell(host, found);
    for (const difference of found) {
      // Repairs before it may have taken their time: by now it may be somebody's.
      const still = (await look()).some(
        (one) => JSON.stringify(one) === JSON.stringify(difference),
      );
      if (still) await this.#repair(host, name, difference, before);
    }
    const left = await endQuarantine(ledger, host, listed.value.guests);
    const own = this.#underWay.get(host);
    if (left && own !== undefined && found.some(({ is }) => is === 'stray-guest')) own.again = true;
    return found;
  }

  #tell(host: string, found: readonly Difference[]): void {
    const before = this.#told.get(host);
    const all = new Map(found.map((difference) => [JSON.stringify(difference), difference]));
    for (const [text, difference] of all) {
      if (before?.has(text)) continue;
      const repair = repairs[difference.is];
      this.#parts.journal.warn('audit.difference', { host, repair, ...difference });
    }
    this.#told.set(host, new Set(all.keys()));
  }

  async #repair(
    host: string,
    name: string,
    difference: Difference,
    before: ReturnType<typeof serversOn>,
  ): Promise<void> {
    const { wire } = this.#parts;
    switch (difference.is) {
      case 'unknown-guest':
      case 'stray-guest': {
        const { uuid, made_by } = difference;
        const key = `${name}/destroy/${uuid}`;
        const order = { verb: 'destroy', key, uuid, closes: made_by, made_by } as const;
        await wire.ask<'destroy'>(host, order, REPAIR_TIMEOUT);
        return;
      }
      case 'left-aside': {
        const { uuid, parked } = difference;
        const key = `${name}/unpark/${uuid}`;
        await wire.ask<'unpark'>(host, { verb: 'unpark', key, uuid, parked }, REPAIR_TIMEOUT);
        return;
      }
      case 'crashed': {
        const { uuid, after: last } = difference;
        const key = `${name}/start/${uuid}`;
        const order = {
          verb: 'power',
          key,
          uuid,
          to: 'running',
          grace_ms: 0,
          after: last,
        } as const;
        await wire.ask<'power'>(host, order, REPAIR_TIMEOUT);
        return;
      }
      case 'shut-down':
        await this.#noteStopped(before.get(difference.uuid));
        return;
      case 'leaked-hold':
        await this.#free(difference.consumer_uuid);
        return;
      default:
        return;
    }
  }

  /** Writes down that it is stopped, if nobody has touched it since the picture was taken. */
  async #noteStopped(seen: ServerRow | undefined): Promise<void> {
    await this.#parts.ledger.submit((draft) => {
      if (seen === undefined || draft.rows(servers).get(seen.uuid) !== seen) {
        return no('it has changed meanwhile');
      }
      const move = seen.vm_state === 'resized' ? draft.rows(resizes).get(seen.uuid) : undefined;
      if (move !== undefined) draft.put(resizes, { ...move, was: 'stopped' });
      const vm_state = move === undefined ? after(seen.vm_state, 'stopped') : seen.vm_state;
      draft.put(servers, { ...seen, vm_state, updated_at_ms: draft.now_ms });
      return done(undefined);
    });
  }

  /** Frees what a run that has ended still holds: looked at again, in the request that frees it. */
  async #free(consumer_uuid: string): Promise<void> {
    await this.#parts.ledger.submit((draft) => {
      const consumer = draft.books.consumers.get(consumer_uuid)?.row;
      if (consumer === undefined || ownerOf(draft, consumer_uuid) !== 'ended run') {
        return no('it is not leaked any more');
      }
      const { project_id, user_id, consumer_type } = consumer;
      const nothing = { consumer_uuid, project_id, user_id, consumer_type, amounts: [] };
      const freed = claimAll(draft, [nothing]);
      return freed.is === 'done' ? done(undefined) : no('letting go was refused');
    });
  }
}

/** Back, and held for down until nothing is left on it of those who were evacuated. */
const inQuarantine = (view: View, { name, state }: HostRow): boolean =>
  state === 'up' && view.rows(evacuations).by('host', name).length > 0;

function differences(
  view: Parameters<typeof pictureOf>[0],
  host: string,
  guests: readonly GuestReport[],
  before: ReturnType<typeof serversOn>,
): readonly Difference[] {
  const picture = pictureOf(view, host, guests, before);
  return picture === null ? [] : classify(picture);
}
