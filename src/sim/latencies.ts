/** How long the verbs of a simulated hypervisor take. */
import type { Hypervisor } from '../core/ports/hypervisor.ts';

export type Verb = keyof Hypervisor;

export interface Span {
  readonly least_ms: number;
  readonly most_ms: number;
}

const span = (least_ms: number, most_ms: number): Span => ({ least_ms, most_ms });

/** How long verbs take before they act, when nobody says otherwise; a sending goes on after it. */
export const LATENCIES: Readonly<Record<Verb, Span>> = {
  describe: span(2, 10),
  guests: span(2, 10),
  progress: span(1, 5),
  boot: span(300, 900),
  power: span(50, 200),
  reboot: span(50, 200),
  refit: span(300, 900),
  snapshot: span(300, 900),
  setPassword: span(20, 80),
  interrupt: span(2, 10),
  console: span(2, 10),
  screenshot: span(2, 10),
  destroy: span(50, 200),
  receive: span(100, 300),
  send: span(20, 60),
  abort: span(2, 10),
  hasten: span(2, 10),
  seal: span(5, 20),
  park: span(50, 200),
  unpark: span(300, 900),
  ship: span(100, 400),
  close: span(1, 5),
};
