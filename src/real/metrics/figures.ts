/**
 * What is read when somebody asks for metrics: gauges, each a look at what is there anyway. Nothing
 * is counted between two looks, and a look costs no more than a pass over hosts.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { runs, underWay } from '../../core/conductor/rows.ts';
import { hosts } from '../../core/fleet/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import { servers } from '../../core/servers/rows.ts';

export interface Figures {
  /** Looks at the rows, as the ledger's `read` does. */
  readonly read: <T>(look: (view: View) => T) => T | Promise<T>;
  readonly ledger: () => {
    readonly sequence: number;
    readonly queued: number;
    /** Null: no other process writes to its database. */
    readonly behind_s: number | null;
  };
  readonly conductor: () => {
    readonly carried: number;
    readonly gated: number;
    readonly waiting: number;
  };
  readonly events: () => {
    readonly listeners: number;
    readonly queued: number;
    readonly resets: number;
  };
  /** By kind of line. */
  readonly lines: () => ReadonlyMap<
    string,
    { readonly agents: number; readonly under_way: number }
  >;
  /** Heartbeats of agents, as many as were taken. */
  readonly beats: () => number;
  /** What is wrong with the process, and whether it serves all the same. */
  readonly health: () => Promise<{ readonly serves: boolean; readonly wrong: readonly string[] }>;
}

type Labels = Readonly<Record<string, string>>;
type Set = (value: number, labels?: Labels) => void;

/** A gauge that is set anew at each look. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  look: (set: Set) => void | Promise<void>,
  labelNames: readonly string[] = [],
): void {
  new Gauge({
    name: `plimsoll_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    async collect() {
      this.reset();
      await look((value, labels = {}) => this.set(labels, value));
    },
  });
}

/** What is counted elsewhere, and never falls. */
function counter(registry: Registry, name: string, help: string, look: () => number): void {
  new Counter({
    name: `plimsoll_${name}`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(look());
    },
  });
}

export function lookAt(registry: Registry, figures: Figures): void {
  lookAtLedger(registry, figures);
  lookAtOperations(registry, figures);
  lookAtFleet(registry, figures);
  lookAtEvents(registry, figures);
  lookAtHealth(registry, figures);
}

function lookAtLedger(registry: Registry, { ledger }: Figures): void {
  gauge(registry, 'ledger_sequence', 'Batches that this process has, ever.', (set) =>
    set(ledger().sequence),
  );
  gauge(registry, 'ledger_queue_requests', 'Requests that wait for their batch.', (set) =>
    set(ledger().queued),
  );
  const behind = 'Since when it may miss what other processes wrote; only where there are others.';
  gauge(registry, 'ledger_behind_seconds', behind, (set) => {
    const { behind_s } = ledger();
    if (behind_s !== null) set(behind_s);
  });
}

function lookAtOperations(registry: Registry, { read, conductor }: Figures): void {
  const all = 'Operations under way in the whole installation, and those that are stuck.';
  const look = (set: Set) =>
    read((view) => {
      for (const [key, count] of operationsIn(view)) {
        const [operation = '', state = ''] = key.split(' ');
        set(count, { operation, state });
      }
    });
  gauge(registry, 'operations', all, look, ['operation', 'state']);
  gauge(registry, 'operations_carried', 'Operations that this process carries on.', (set) =>
    set(conductor().carried),
  );
  gauge(registry, 'operations_queued', 'Those of them that wait for their turn to work.', (set) =>
    set(conductor().gated),
  );
  gauge(registry, 'operations_waiting', 'Those of them that wait for room on hosts.', (set) =>
    set(conductor().waiting),
  );
}

function operationsIn(view: View): Map<string, number> {
  const counts = new Map<string, number>();
  const shelf = view.rows(runs);
  for (const state of [...underWay, 'stuck']) {
    for (const { saga } of shelf.by('state', state)) {
      const key = `${saga} ${state}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function lookAtFleet(registry: Registry, { read, lines, beats }: Figures): void {
  const look = (set: Set) =>
    read((view) => {
      const shelf = view.rows(hosts);
      let up = 0;
      for (const { state } of shelf.values()) if (state === 'up') up++;
      set(up, { state: 'up' });
      set(shelf.size - up, { state: 'down' });
    });
  gauge(registry, 'hosts', 'Hosts, by whether their agents were heard lately.', look, ['state']);
  counter(registry, 'agent_beats_total', 'Heartbeats of agents that this process took.', beats);
  gauge(registry, 'servers', 'Servers that are not deleted.', async (set) =>
    set(await read((view) => view.rows(servers).size)),
  );
  const agents = 'Agents of other processes that this one can reach, by kind of line.';
  gauge(
    registry,
    'agents_connected',
    agents,
    (set) => {
      for (const [line, { agents }] of lines()) set(agents, { line });
    },
    ['line'],
  );
  const orders = 'Orders to agents that wait for their answers, by kind of line.';
  gauge(
    registry,
    'orders_under_way',
    orders,
    (set) => {
      for (const [line, { under_way }] of lines()) set(under_way, { line });
    },
    ['line'],
  );
}

function lookAtEvents(registry: Registry, { events }: Figures): void {
  gauge(registry, 'events_listeners', 'Readers of the event stream.', (set) =>
    set(events().listeners),
  );
  gauge(registry, 'events_queued', 'Events that their readers have not read yet.', (set) =>
    set(events().queued),
  );
  const resets = 'How often a reader was too slow and was told to read everything again.';
  counter(registry, 'events_resets_total', resets, () => events().resets);
}

function lookAtHealth(registry: Registry, { health }: Figures): void {
  gauge(registry, 'ready', '1 if requests may come to this process, else 0.', async (set) =>
    set((await health()).serves ? 1 : 0),
  );
  gauge(
    registry,
    'trouble',
    '1 for each thing that is wrong, by the name that /readyz says.',
    async (set) => {
      for (const name of (await health()).wrong) set(1, { name });
    },
    ['name'],
  );
}
