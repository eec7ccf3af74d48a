/**
 * What a process tells of itself in Prometheus' text format, kept by prom-client.
 *
 *   counters, histograms ◄── told as things happen: a turn of the ledger, an order, an answer
 *   gauges ◄── looked at when somebody asks (figures.ts)
 *   process, event loop, memory ◄── prom-client's own
 *
 *   ME1  labels are of our own making and few: routes as declared, never paths as they came;
 *   ME2  what other processes wrote is theirs to count: counters add up over processes.
 */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { type RunRow, runs, underWay } from '../../core/conductor/rows.ts';
import type { MeasuredTurn } from '../../core/ledger/measured.ts';
import type { Batch } from '../../core/ports/store.ts';
import type { Explanation } from '../../core/scheduler/ask.ts';
import { explanations } from '../../core/scheduler/rows.ts';
import type { Answered } from '../answered.ts';
import { type Figures, lookAt } from './figures.ts';

const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const CHANGES = [1, 4, 16, 64, 256, 1024, 4096, 16_384];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  readonly #registry = new Registry();
  readonly #batchRequests = this.#histogram('ledger_batch_requests', 'Requests in a batch.', SIZES);
  readonly #batchChanges = this.#histogram('ledger_batch_changes', 'Rows in a commit.', CHANGES);
  readonly #turn = this.#histogram('ledger_turn_duration_seconds', 'A turn, by outcome.', SECONDS, [
    'outcome',
  ]);
  readonly #ended = this.#counter(
    'operations_ended_total',
    'Operations that this process brought to an end, or that got stuck in it.',
    ['operation', 'state'],
  );
  readonly #refusals = this.#counter(
    'placement_refusals_total',
    'Times that no host could take a server, by kind; each has an explanation.',
    ['kind'],
  );
  readonly #orders = this.#histogram(
    'order_duration_seconds',
    'Orders to agents, by what came of them.',
    SECONDS,
    ['verb', 'outcome'],
  );
  readonly #requests = this.#counter('http_requests_total', 'Answers, by route and status.', [
    'method',
    'route',
    'status',
  ]);
  readonly #answers = this.#histogram(
    'http_request_duration_seconds',
    'From the head of a request to the end of its answer, by API.',
    SECONDS,
    ['api'],
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  lookAt(figures: Figures): void {
    lookAt(this.#registry, figures);
  }

  turn = ({ requests, outcome, batch, took_ms }: MeasuredTurn): void => {
    this.#batchRequests.observe(requests);
    this.#turn.observe({ outcome }, took_ms / 1000);
    if (batch !== null) this.#written(batch);
  };

  order = (verb: string, outcome: string, took_s: number): void => {
    this.#orders.observe({ verb, outcome }, took_s);
  };

  answered = ({ method, route, status, took_s }: Answered): void => {
    this.#requests.inc({ method, route: route ?? 'none', status });
    this.#answers.observe({ api: route?.split('/', 2)[1] || 'console' }, took_s);
  };

  /** All of it, as text; `type` is its content type. */
  async shown(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #written(batch: Batch): void {
    this.#batchChanges.observe(batch.changes.length);
    for (const { table, row, gone } of batch.changes) {
      if (gone) continue;
      if (table === runs.name) this.#run(row as RunRow);
      if (table === explanations.name) this.#refusals.inc({ kind: (row as Explanation).refusal });
    }
  }

  #run({ saga: operation, state }: RunRow): void {
    if (!underWay.includes(state)) this.#ended.inc({ operation, state });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]) {
    return new Counter({ ...named(name, help), labelNames, registers: [this.#registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) {
    const about = { ...named(name, help), buckets, labelNames };
    return new Histogram({ ...about, registers: [this.#registry] });
  }
}

const named = (name: string, help: string) => ({ name: `plimsoll_${name}`, help });
