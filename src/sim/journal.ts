/** What was said to operators, as a list: tests read it, and `render.ts` shows its end. */
import type { Facts, Journal } from '../core/ports/journal.ts';

export interface Entry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly facts: Facts;
}

/** The most that is remembered; the oldest half is forgotten first. */
export const ENTRIES_MAX = 4096;

export class SimJournal implements Journal {
  readonly entries: Entry[] = [];
  readonly #heard: (entry: Entry) => void;

  constructor(heard: (entry: Entry) => void = () => {}) {
    this.#heard = heard;
  }

  info(event: string, facts: Facts = {}): void {
    this.#add({ level: 'info', event, facts });
  }

  warn(event: string, facts: Facts = {}): void {
    this.#add({ level: 'warn', event, facts });
  }

  error(event: string, facts: Facts = {}): void {
    this.#add({ level: 'error', event, facts });
  }

  #add(entry: Entry): void {
    if (this.entries.length === ENTRIES_MAX) this.entries.splice(0, ENTRIES_MAX / 2);
    this.entries.push(entry);
    this.#heard(entry);
  }
}
