/**
 * Traces by OpenTelemetry's API. Who runs us brings the SDK, registered before our first line
 * (`NODE_OPTIONS='--import …'`); without one nothing of this is ever called.
 */
import {
  type Context,
  context,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type Span, type SpanAbout, type Traces, untraced } from '../core/ports/traces.ts';

/** A first span, which tells that we begin, finds out whether anybody listens. */
export function realTraces(): Traces {
  const tracer = trace.getTracer('plimsoll');
  const first = tracer.startSpan('process begins', { root: true });
  first.end();
  return isSpanContextValid(first.spanContext()) ? openTelemetry(tracer) : untraced;
}

const openTelemetry = (tracer: Tracer): Traces => ({
  within({ name, kind, attributes }, parent, work) {
    const above = parent === 'here' ? context.active() : contextOf(parent);
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, above);
    const beneath = trace.setSpan(above, span);
    const done = context.with(beneath, () => work(spanOf(tracer, span, beneath)));
    return done.finally(() => span.end());
  },
  current() {
    const span = trace.getSpan(context.active());
    return span === undefined ? null : traceparentOf(span);
  },
  bind: (work) => context.bind(context.active(), work),
});

const kinds: Readonly<Record<SpanAbout['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
};

const spanOf = (tracer: Tracer, span: OtelSpan, beneath: Context): Span => ({
  tell: (attributes) => void span.setAttributes({ ...attributes }),
  fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
  mark: ({ name, kind, attributes }) =>
    tracer.startSpan(name, { kind: kinds[kind], attributes }, beneath).end(),
});

function traceparentOf(span: OtelSpan): string | null {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
  return `00-${traceId}-${spanId}-${flags}`;
}

/** As W3C writes it; of a version after the first, more may follow. */
const TRACEPARENT =
  /^(?!ff)(?!00.{53}-)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;

function contextOf(parent: string | null): Context {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(parent ?? '') ?? [];
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(span) ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
}
