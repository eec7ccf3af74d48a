/**
 * Who holds something of a host, so that it cannot leave the fleet; and who is let go of with it:
 *
 *   server       it is here, or its move is on its way from or to here
 *   operation    one side of a move, until that is confirmed, reverted or over
 *   quarantine   a server that was evacuated from here: nothing to wait for
 *   other        a client of Placement
 */
import { ended, isStuck, type RunRow, runs } from '../conductor/rows.ts';
import type { HostRow } from '../fleet/rows.ts';
import type { View } from '../ledger/draft.ts';
import { evacuations } from '../servers/evacuations.ts';
import { servers } from '../servers/rows.ts';

export interface Holding {
  /** Of a server, an operation, or another consumer. */
  readonly uuid: string;
  /** What it is called; else its UUID. */
  readonly name: string;
  readonly is: 'server' | 'operation' | 'quarantine' | 'other';
  /** The host cannot be removed while it is there. */
  readonly hinders: boolean;
  /** What would end it. */
  readonly next: string;
  /** Who made its claim as it is: a step of a run, or the audit; null: another client. */
  readonly claimed_by: string | null;
  readonly claimed_at_ms: number | null;
}

type Bare = Omit<Holding, 'claimed_by' | 'claimed_at_ms'>;

/** By UUID. */
export function holdingsOf(view: View, { name: host, provider_id: root }: HostRow): Holding[] {
  const { books } = view;
  const holders = books.treeOf(root).flatMap((id) => [...(books.holders[id] ?? [])]);
  const here = view.rows(servers).by('host', host);
  const all = new Set([...here.map(({ uuid }) => uuid), ...holders]);
  return [...all].sort().map((uuid) => {
    const claim = books.consumers.get(uuid)?.row;
    const { claimed_by = null, updated_at_ms: claimed_at_ms = null } = claim ?? {};
    return { ...holdingOf(view, host, uuid), claimed_by, claimed_at_ms };
  });
}

function nextOf(run: RunRow): string {
  if (isStuck(run)) return `undo or retry it: plimsoll operation undo ${run.id}`;
  return ended(run) ? 'confirm or revert its move; or run an audit' : 'it must end';
}

function holdingOf(view: View, host: string, uuid: string): Bare {
  const server = view.rows(servers).get(uuid);
  const run = view.rows(runs).get(uuid);
  if (server !== undefined && server.host !== host) {
    const left = view.rows(evacuations).by('server_uuid', uuid);
    if (left.some((one) => one.host === host)) {
      const next = 'nothing: it was evacuated, and is let go of with the host';
      return { uuid, name: server.name, is: 'quarantine', hinders: false, next };
    }
  }
  if (server !== undefined) {
    const next = server.host === host ? 'drain the host, or delete it' : 'its operation must end';
    return { uuid, name: server.name, is: 'server', hinders: true, next };
  }
  if (run !== undefined) {
    const next = nextOf(run);
    return { uuid, name: run.saga, is: 'operation', hinders: true, next };
  }
  return { uuid, name: uuid, is: 'other', hinders: true, next: 'delete its allocation' };
}

const TOLD_MAX = 10;

/** e.g. `server web (…): drain the host, or delete it` */
export function hindrances(all: readonly Holding[]): string {
  const told = all.filter(({ hinders }) => hinders);
  const lines = told.slice(0, TOLD_MAX).map(inWords);
  const more = told.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const inWords = ({ is, name, uuid, next }: Holding): string =>
  `${is === 'other' ? 'consumer' : `${is} ${name}`} ${uuid}: ${next}`;
