/**
 * Which hosts the audit must look at again (AU7): those of which the books or the machine have
 * changed since they were found clean.
 *
 *   batch ─► its rows ─► the host: of a server, of a provider's tree ─► its mark rises
 *
 * A mark is read before the books are; so what changes while a host is looked at makes it changed.
 * That a host was heard again, and what it measures of itself, is written more often than hosts are
 * audited, and changes nothing that an audit looks at.
 */
import type { Change } from '../base/table.ts';
import { type RunRow, runs } from '../conductor/rows.ts';
import { hostMetrics } from '../fleet/metric-rows.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import type { View } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { GuestReport } from '../ports/order.ts';
import { findings } from '../servers/findings.ts';
import { servers } from '../servers/rows.ts';

/** What rows of many tables say: whose they are. */
interface About {
  readonly host?: unknown;
  readonly provider_id?: unknown;
}

interface Clean {
  readonly mark: number;
  readonly guests: readonly GuestReport[];
}

export class Changed {
  readonly #marks = new Map<string, number>();
  readonly #clean = new Map<string, Clean>();
  /** By host: its row as it is apart from when it was heard. */
  readonly #rows = new Map<string, string>();
  readonly stop: () => void;

  constructor(ledger: Ledger) {
    this.stop = ledger.subscribe(({ changes }) => {
      void ledger.read((view) => {
        for (const change of changes) this.#note(view, change);
      });
    });
  }

  mark(host: string): number {
    return this.#marks.get(host) ?? 0;
  }

  wasClean(host: string, guests: readonly GuestReport[], mark: number): void {
    this.#clean.set(host, { mark, guests });
  }

  /** Looks at the host, or at all of them, whatever has changed. */
  forget(host?: string): void {
    if (host === undefined) this.#clean.clear();
    else this.#clean.delete(host);
  }

  isAsItWas(host: string, guests: readonly GuestReport[], mark: number): boolean {
    const clean = this.#clean.get(host);
    if (clean === undefined || clean.mark !== mark) return false;
    return isSame(clean.guests, guests);
  }

  #note(view: View, { table, row }: Change): void {
    switch (table) {
      case findings.name:
      case hostMetrics.name:
        break;
      case hosts.name:
        this.#noteHost(row as HostRow);
        break;
      default:
        this.#noteRow(view, row as About);
        if (table === runs.name) this.#noteRun(view, row as RunRow);
    }
  }

  #noteRow(view: View, about: About): void {
    if (typeof about.host === 'string') this.#rise(about.host);
    if (typeof about.provider_id === 'number') this.#riseOf(view, about.provider_id);
  }

  #noteHost({ heard_at_ms: _, ...row }: HostRow): void {
    const text = JSON.stringify(row);
    if (this.#rows.get(row.name) !== text) this.#rise(row.name);
    this.#rows.set(row.name, text);
  }

  /** Whether it has ended changes what its server and its own holds look like. */
  #noteRun(view: View, { id, server_uuid }: RunRow): void {
    const server = server_uuid === null ? undefined : view.rows(servers).get(server_uuid);
    if (server?.host != null) this.#rise(server.host);
    for (const { provider_id } of view.books.consumers.get(id)?.allocations ?? []) {
      this.#riseOf(view, provider_id);
    }
  }

  #riseOf({ books }: View, provider: number): void {
    const root = books.providers[provider]?.root_id;
    const name = root === undefined ? undefined : books.providers[root]?.name;
    if (name !== undefined) this.#rise(name);
  }

  #rise(host: string): void {
    this.#marks.set(host, this.mark(host) + 1);
  }
}

/** In whatever order: a driver need not keep one, but most do. */
function isSame(one: readonly GuestReport[], other: readonly GuestReport[]): boolean {
  return one.length === other.length && one.every((guest, at) => isAlike(guest, other[at]));
}

function isAlike(one: GuestReport, other: GuestReport | undefined): boolean {
  if (other === undefined || one.uuid !== other.uuid || one.power !== other.power) return false;
  return (
    one.made_by === other.made_by &&
    one.switched_by === other.switched_by &&
    one.awaited === other.awaited &&
    one.parked === other.parked &&
    one.vcpus === other.vcpus &&
    one.memory_mib === other.memory_mib
  );
}
