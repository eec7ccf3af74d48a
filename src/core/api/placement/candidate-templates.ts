/**
 * Allocation requests as templates: those in which the same slots share a provider differ in UUIDs
 * alone, so each such pattern is rendered once, and all others of its kind are copies of it.
 *
 *   {"allocations":{"␤0······":{"resources":{"VCPU":2}}},"mappings":{"":["␤0······"]}}
 *                    └─ slot 0's provider goes here ─────────────────────┘
 */
import type { Picks, Plan } from '../../ledger/candidates.ts';
import { requestText } from './candidate-text.ts';
import { ascii, uuidBytes } from './fragments.ts';

/** Begins the stand-in for a UUID, as long as one: a letter that no answer has, and its slot. */
const GAP = '\n';

/** A request with gaps where UUIDs go: where each gap is, and the slot whose provider fills it. */
export interface Template {
  readonly bytes: Uint8Array;
  readonly gaps: readonly number[];
  readonly slots: readonly number[];
}

/** The templates of one question at one version; they hold for as long as its names do. */
export class Templates {
  readonly minor: number;
  readonly #made = new Map<string, Template>();
  #alike: Template | null = null;

  constructor(minor: number) {
    this.minor = minor;
  }

  of(plan: Plan, picks: Picks): Template {
    if (allAlike(picks)) {
      this.#alike ??= this.#make(plan, picks);
      return this.#alike;
    }
    const pattern = picks.map((provider) => picks.indexOf(provider)).join();
    const template = this.#made.get(pattern) ?? this.#make(plan, picks);
    this.#made.set(pattern, template);
    return template;
  }

  #make(plan: Plan, picks: Picks): Template {
    const nameOf = (provider: number) => `${GAP}${picks.indexOf(provider)}`.padEnd(uuidBytes);
    const text = requestText(plan, this.minor, picks, nameOf);
    const gaps: number[] = [];
    const slots: number[] = [];
    for (let at = text.indexOf(GAP); at >= 0; at = text.indexOf(GAP, at + uuidBytes)) {
      gaps.push(at);
      slots.push(Number(text.slice(at + 1, text.indexOf('"', at))));
    }
    return { bytes: ascii(text), gaps, slots };
  }
}

function allAlike(picks: Picks): boolean {
  const [first] = picks;
  for (const provider of picks) if (provider !== first) return false;
  return true;
}
