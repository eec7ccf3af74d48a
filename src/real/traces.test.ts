/**
 * Goal: spans are where they belong, across what waits and what is decided later; a client's
 * `traceparent` is read as W3C says; and without an SDK nothing is traced at all.
 * Method: asked before an SDK is there; then OpenTelemetry's own SDK, which keeps its spans in
 * memory.
 * Mutants that these killed: `bind` that gives back what it was given; a parent taken from here
 * where one is given; flags that are not carried; version 00 with more after it let in.
 */
import { deepEqual, equal, ok, strictEqual } from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { type SpanAbout, untraced } from '../core/ports/traces.ts';
import { realTraces } from './traces.ts';

const early = realTraces();
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const traces = realTraces();
beforeEach(() => exporter.reset());

const about = (name: string): SpanAbout => ({ name, kind: 'internal', attributes: { 'a.b': 1 } });
const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    trace: span.spanContext().traceId,
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId ?? null,
    failed: span.status.message ?? null,
    attributes: span.attributes,
  }));
const spanNamed = (name: string) => {
  const found = spans().find((span) => span.name === name);
  ok(found !== undefined, name);
  return found;
};

test('without an SDK there is none of it', () => {
  strictEqual(early, untraced);
  equal(untraced.current(), null);
});

test('what is begun within a span belongs to it, also after waiting', async () => {
  const given = await traces.within(about('outer'), null, async (outer) => {
    await new Promise((resolve) => setImmediate(resolve));
    outer.mark(about('mark'));
    return traces.within(about('inner'), 'here', async (inner) => {
      inner.tell({ more: 'x' });
      inner.fail('because');
      return 7;
    });
  });
  equal(given, 7);
  const [outer, inner, mark] = ['outer', 'inner', 'mark'].map(spanNamed);
  deepEqual([outer?.parent, inner?.parent, mark?.parent], [null, outer?.id, outer?.id]);
  deepEqual([inner?.failed, inner?.attributes], ['because', { 'a.b': 1, more: 'x' }]);
  equal(traces.current(), null, 'we are out of it');
});

test('a span ends when its work fails, which fails as it did', async () => {
  const failed = traces.within(about('x'), null, () => Promise.reject(new Error('mine')));
  equal(await failed.catch((error: Error) => error.message), 'mine');
  equal(spans().length, 1);
});

test('what is bound is decided in the trace of whoever asked', async () => {
  let bound = () => traces.current();
  await traces.within(about('asker'), null, async () => {
    bound = traces.bind(bound);
  });
  const { trace: id, id: span } = spanNamed('asker');
  const seen = await traces.within(about('other'), null, async () => [bound(), traces.current()]);
  equal(seen[0], `00-${id}-${span}-01`);
  ok(seen[0] !== seen[1]);
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parentOf = async (text: string | null): Promise<string | null> => {
  exporter.reset();
  await traces.within(about('outer'), null, () =>
    traces.within(about('asked'), text, async () => {}),
  );
  const { parent, trace: id } = spanNamed('asked');
  ok(parent === null || id === traceId);
  return parent;
};

test("a client's traceparent is read as W3C says", async () => {
  equal(await parentOf(`00-${traceId}-${spanId}-01`), spanId);
  equal(await parentOf(`cc-${traceId}-${spanId}-01-what-comes-later`), spanId);
  const bad = [
    ...[null, '', '00', `00-${traceId}-${spanId}`, `00-${traceId}-${spanId}-01-more`],
    ...[`ff-${traceId}-${spanId}-01`, `00-${traceId.toUpperCase()}-${spanId}-01`],
    ...[`00-${'0'.repeat(32)}-${spanId}-01`, `00-${traceId}-${'0'.repeat(16)}-01`],
    `00-${traceId}-${spanId}-01x`,
  ];
  for (const text of bad) equal(await parentOf(text), null, String(text));
});

test('who is not sampled is carried on, and told so to the next', async () => {
  const next = await traces.within(about('x'), `00-${traceId}-${spanId}-00`, async () =>
    traces.current(),
  );
  equal(next?.slice(0, 36), `00-${traceId}-`);
  equal(next?.slice(-3), '-00');
  deepEqual(spans(), []);
});
