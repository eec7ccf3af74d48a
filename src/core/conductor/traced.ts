/** Runs and their steps as spans of a trace. */
import type { Order, OrderRefusal } from '../ports/order.ts';
import type { Reply } from '../ports/reply.ts';
import { type Span, type SpanAbout, type Traces, untraced } from '../ports/traces.ts';
import type { Task } from './act.ts';
import type { RunRow, RunStepRow } from './rows.ts';

/** A process's part in each run that it carries on; nothing is kept where nobody traces. */
export class RunSpans {
  readonly #traces: Traces;
  readonly #open = new Map<string, Span>();

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  /** Its parent is what began the run, whichever process carries it on. */
  carry(run: RunRow, work: () => Promise<void>): Promise<void> {
    if (this.#traces === untraced) return work();
    return this.#traces.within(aboutRun(run), run.trace, async (span) => {
      this.#open.set(run.id, span);
      await work();
      if (this.#open.get(run.id) === span) this.#open.delete(run.id);
    });
  }

  /** A step that asks nobody is decided in the ledger, with others, and takes no time. */
  decided({ run_id, kind, name, round, state }: RunStepRow): void {
    if (kind !== 'book') return;
    const what = state === 'undone' ? `${name}/undo` : name;
    const attributes = { 'plimsoll.round': round, 'plimsoll.state': state };
    this.#open.get(run_id)?.mark({ name: `step ${what}`, kind: 'internal', attributes });
  }

  ended({ id, state, error }: RunRow): void {
    const span = this.#open.get(id);
    span?.tell({ 'plimsoll.state': state });
    if (state !== 'done') span?.fail(error?.message ?? state);
  }
}

function aboutRun({ saga, id, server_uuid }: RunRow): SpanAbout {
  const attributes = { 'plimsoll.operation': saga, 'plimsoll.operation_id': id };
  const of = server_uuid === null ? {} : { 'plimsoll.server': server_uuid };
  return { name: `operation ${saga}`, kind: 'internal', attributes: { ...attributes, ...of } };
}

/** One asking of a step: a step that is asked again has another. */
export function asAsking<T>(
  traces: Traces,
  run_id: string,
  { host, order, of }: Extract<Task, { do: 'ask' }>,
  ask: () => Promise<Reply<T, OrderRefusal>>,
): Promise<Reply<T, OrderRefusal>> {
  if (traces === untraced) return ask();
  const step = order.key.slice(run_id.length + 1).replace(/@\d+/, '');
  const attributes = { ...attributesOf(host, order), 'plimsoll.attempt': of.attempts };
  return traces.within({ name: `step ${step}`, kind: 'client', attributes }, 'here', (span) =>
    answered(span, ask()),
  );
}

/** What an agent does for an order; `parent`: as for `within`. */
export function asOrder<T>(
  traces: Traces,
  host: string,
  order: Order,
  parent: string | null | 'here',
  carryOut: () => Promise<Reply<T, OrderRefusal>>,
): Promise<Reply<T, OrderRefusal>> {
  if (traces === untraced) return carryOut();
  const about: SpanAbout = {
    name: `agent ${order.verb}`,
    kind: 'server',
    attributes: attributesOf(host, order),
  };
  return traces.within(about, parent, (span) => answered(span, carryOut()));
}

const attributesOf = (host: string, { verb, key }: Order) => ({
  'plimsoll.host': host,
  'plimsoll.verb': verb,
  'plimsoll.key': key,
});

async function answered<T>(span: Span, asked: Promise<Reply<T, OrderRefusal>>) {
  const reply = await asked;
  const said = reply as typeof reply | undefined; // whoever is asked may be broken (TR1)
  span.tell({ 'plimsoll.outcome': said?.is ?? 'nonsense' });
  if (said?.is !== 'done') span.fail(said?.is === 'no' ? said.why.why : 'no answer');
  return reply;
}
