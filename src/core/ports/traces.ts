/**
 * Traces: which piece of work belongs to which request, across processes and machines. The real one
 * is OpenTelemetry's (real/traces.ts); whoever is given none says `untraced`.
 *
 *   request ─► operation (run) ─┬─► step ─► order, at its agent
 *                               └─► step …
 *
 * Between processes a place in a trace goes as a text: W3C's `traceparent`.
 *
 *   TR1  what is done is the same with traces and without: nothing here can fail or wait.
 */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanAbout {
  /** Of few: no ids, those are attributes. */
  readonly name: string;
  /** `server`: asked from elsewhere; `client`: asks elsewhere. */
  readonly kind: 'server' | 'client' | 'internal';
  readonly attributes: Attributes;
}

export interface Span {
  tell(attributes: Attributes): void;
  fail(why: string): void;
  /** A span beneath it that took no time of its own. */
  mark(about: SpanAbout): void;
}

export interface Traces {
  /**
   * Does `work` as a span: what it begins `here` belongs to it. `parent`: a `traceparent`; null
   * begins a trace, as one that is not well-formed does.
   */
  within<T>(
    about: SpanAbout,
    parent: string | null | 'here',
    work: (span: Span) => Promise<T>,
  ): Promise<T>;
  /** Where we are, as a `traceparent`; null: in no trace. */
  current(): string | null;
  /** The same work, which is here wherever it is called. */
  bind<Work extends (...given: never[]) => unknown>(work: Work): Work;
}

const noSpan: Span = { tell: () => {}, fail: () => {}, mark: () => {} };

export const untraced: Traces = {
  within: (_about, _parent, work) => work(noSpan),
  current: () => null,
  bind: (work) => work,
};
