/**
 * Why not there? One server and one host: every filter's answer, the NUMA cells, what would help.
 *
 * Asked of the real filters, as if the server were nowhere yet: what it holds is let go of on the
 * draft, and taken back afterwards with all else.
 */
import type { Draft } from '../ledger/draft.ts';
import type { ServerRow } from '../servers/rows.ts';
import { againstHost } from './against.ts';
import type { Ask, Repair } from './ask.ts';
import { type CellRoom, cellRooms } from './cell-rooms.ts';
import { filters } from './filters.ts';
import { HostView } from './host-view.ts';
import type { Objection } from './plugin.ts';
import { repairsFor } from './repairs.ts';
import type { AskFor } from './repairs-flavor.ts';
import { requestOf } from './shape.ts';
import { release, tried } from './trial.ts';

export interface WhyNot {
  readonly host: string;
  readonly fits: boolean;
  readonly constraints: readonly ({ readonly filter: string; readonly passes: boolean } & {
    readonly [Fact in keyof Objection]: Objection[Fact] | null;
  })[];
  /** Only where the guest has a topology. */
  readonly cells: readonly CellRoom[];
  readonly repairs: readonly Repair[];
}

const nothing = { reason: null, resource: null, needed: null, available: null };

export function whyNot(
  draft: Draft,
  server: ServerRow,
  ask: Ask,
  provider_id: number,
  askFor: AskFor,
): WhyNot {
  return tried(draft, () => {
    release(draft, [server.uuid]);
    const request = requestOf(draft.books, ask);
    const host = new HostView(draft);
    host.at(provider_id);
    const against = againstHost(host, request, filters);
    const constraints = filters.map(({ name }) => {
      const objection = against.objections.find(({ filter }) => filter === name);
      return { ...nothing, ...objection, filter: name, passes: objection === undefined };
    });
    const cells = cellRooms(host, ask);
    const fits = against.objections.length === 0;
    const repairs = fits ? [] : repairsFor(draft, request, [against], askFor);
    return { host: against.host, fits, constraints, cells, repairs };
  });
}
