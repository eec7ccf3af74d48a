/** GET /status: how the installation is, for the person who runs it. */
import { type Static, Type } from 'typebox';
import { type ProcessRow, processes, type RunRow, runs, underWay } from '../../conductor/rows.ts';
import { hosts } from '../../fleet/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { servers } from '../../servers/rows.ts';
import type { Pulse } from '../health/pulse.ts';
import { TROUBLES } from '../health/troubles.ts';
import { found, own } from './route.ts';

/** What this process knows of itself. */
export interface Itself {
  /** As rows of runs name it. */
  readonly process: string;
  readonly database: 'sqlite' | 'postgresql';
  readonly broker: 'none' | 'connected' | 'away';
}

/** What the handler asks. */
export interface StatusRooms {
  readonly itself: () => Itself;
  readonly pulse: Pick<Pulse, 'troubles'>;
}

/** How many of a kind are named. */
const NAMED_MAX = 5;

const count = Type.Integer({ minimum: 0 });
const Problem = Type.Object({
  what: Type.String(),
  next: Type.String({ description: 'what to do, or that there is nothing to be done' }),
});

export const Status = Type.Object({
  ready: Type.Boolean({ description: 'whether requests may come to this process' }),
  process: Type.String(),
  processes: Type.Array(
    Type.Object({ name: Type.String(), started_at_ms: count, lease_until_ms: count }),
    { description: 'all that share the database; empty where there is one alone' },
  ),
  database: Type.Union([Type.Literal('sqlite'), Type.Literal('postgresql')]),
  broker: Type.Union([Type.Literal('none'), Type.Literal('connected'), Type.Literal('away')]),
  ledger: Type.Object({ sequence: count, queued: count }),
  hosts: Type.Object({ up: count, down: count }),
  servers: count,
  operations: Type.Object({
    under_way: Type.Record(Type.String(), count, { description: 'by kind' }),
    waiting: count,
    stuck: count,
  }),
  problems: Type.Array(Problem),
});

export const showStatus = own({
  method: 'GET',
  path: '/status',
  summary: 'How the installation is, what is wrong with it, and what to do next',
  audience: 'operator',
  query: Type.Object({}),
  reply: Status,
  handle: async (_ask, { ledger, status: { itself, pulse } }) => {
    const wrong = (await pulse.troubles()).map((name) => TROUBLES[name]);
    const { sequence, queued } = ledger;
    const seen = await ledger.read(lookedAt);
    const { named, ...rest } = seen;
    return found({
      ready: wrong.every(({ serves }) => serves),
      ...itself(),
      ...rest,
      ledger: { sequence, queued },
      problems: [...wrong.map(({ what, next }) => ({ what, next })), ...problemsOf(named)],
    });
  },
});

interface Named {
  readonly down: readonly string[];
  readonly stuck: readonly RunRow[];
}

type Looked = Pick<Static<typeof Status>, 'processes' | 'hosts' | 'servers' | 'operations'>;

function lookedAt(view: View): Looked & { readonly named: Named } {
  const open = underWay.flatMap((state) => view.rows(runs).by('state', state));
  const stuck = view.rows(runs).by('state', 'stuck');
  const under_way: Record<string, number> = {};
  for (const { saga } of open) under_way[saga] = (under_way[saga] ?? 0) + 1;
  const down: string[] = [];
  for (const { name, state } of view.rows(hosts).values()) if (state === 'down') down.push(name);
  const waiting = open.filter(({ waits }) => waits !== null).length;
  return {
    processes: [...view.rows(processes).values()].map(processOf),
    hosts: { up: view.rows(hosts).size - down.length, down: down.length },
    servers: view.rows(servers).size,
    operations: { under_way, waiting, stuck: stuck.length },
    named: { down: down.sort(), stuck },
  };
}

const processOf = ({ name, started_at_ms, lease_until_ms }: ProcessRow) => ({
  name,
  started_at_ms,
  lease_until_ms,
});

function problemsOf({ down, stuck }: Named): Static<typeof Problem>[] {
  const silent = down.length === 0 ? [] : [hostsDown(down)];
  return [...silent, ...stuck.slice(0, NAMED_MAX).map(stuckOne)];
}

function hostsDown(down: readonly string[]): Static<typeof Problem> {
  const more = down.length > NAMED_MAX ? `, and ${down.length - NAMED_MAX} more` : '';
  return {
    what: `nothing is heard of ${down.slice(0, NAMED_MAX).join(', ')}${more}`,
    next: 'start the agent there; if the machine is dead, fence it and evacuate its servers',
  };
}

const stuckOne = ({ id, saga, error }: RunRow): Static<typeof Problem> => ({
  what: `${saga} ${id} is stuck: ${error?.message ?? 'it does not say why'}`,
  next: `look at it with \`plimsoll operation watch ${id}\``,
});
