/**
 * Check strings: who may do something, as policy files write it.
 *
 *   role:admin or (role:reader and project_id:%(project_id)s)
 *   rule:admin_api        another rule of the file, by name
 *   @   everybody         !   nobody        (an empty string: everybody)
 *
 *   expression = term { "or" term }
 *   term       = factor { "and" factor }
 *   factor     = "not" factor | "(" expression ")" | check
 */
import { assert } from '../../base/units.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import type { Caller } from '../http.ts';

/** What the request is about: the values of `%(name)s`. */
export type Target = Readonly<Record<string, string | undefined>>;

export type Check = (caller: Caller, target: Target, rules: Rules) => boolean;
export type Rules = ReadonlyMap<string, Check>;

const everybody: Check = () => true;
const nobody: Check = () => false;

/** The most parts of one check string. */
const PARTS_MAX = 256;

export function parseCheck(text: string): Decision<Check, string> {
  const parts = text.match(/[()]|[^\s()]*%\([^)]*\)s[^\s()]*|[^\s()]+/g) ?? [];
  if (parts.length === 0) return done(everybody);
  if (parts.length > PARTS_MAX) return no(`more than ${PARTS_MAX} parts`);
  const reader = new Reader(parts);
  const check = reader.expression();
  if (reader.wrong !== null) return no(reader.wrong);
  return reader.ended ? done(check) : no(`'${reader.next()}' where the check should end`);
}

class Reader {
  readonly #parts: readonly string[];
  #at = 0;
  wrong: string | null = null;

  constructor(parts: readonly string[]) {
    this.#parts = parts;
  }

  get ended(): boolean {
    return this.#at >= this.#parts.length;
  }

  next(): string {
    return this.#parts[this.#at++] ?? '';
  }

  #takes(word: string): boolean {
    if (this.#parts[this.#at]?.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  expression(): Check {
    const terms = [this.#term()];
    while (this.#takes('or')) terms.push(this.#term());
    return (...asked) => terms.some((term) => term(...asked));
  }

  #term(): Check {
    const factors = [this.#factor()];
    while (this.#takes('and')) factors.push(this.#factor());
    return (...asked) => factors.every((factor) => factor(...asked));
  }

  #factor(): Check {
    if (this.#takes('not')) {
      const denied = this.#factor();
      return (...asked) => !denied(...asked);
    }
    if (!this.#takes('(')) return this.#check(this.next());
    const inner = this.expression();
    if (!this.#takes(')')) this.wrong ??= 'a parenthesis is not closed';
    return inner;
  }

  #check(text: string): Check {
    if (text === '@') return everybody;
    if (text === '!') return nobody;
    const colon = text.indexOf(':');
    if (colon > 0) return checkOf(text.slice(0, colon), text.slice(colon + 1));
    this.wrong ??= text === '' ? 'the check ends too early' : `'${text}' is no check`;
    return nobody;
  }
}

function checkOf(kind: string, match: string): Check {
  if (kind === 'rule') return (caller, target, rules) => ruleHolds(match, caller, target, rules);
  if (kind === 'role') return (caller) => hasRole(caller, match);
  return (caller, target) => {
    const wanted = filled(match, target);
    return wanted !== undefined && attribute(caller, kind, target) === wanted;
  };
}

/** Rules deep below rules end here, so that a loop in a file denies instead of hanging. */
const DEPTH_MAX = 32;
let depth = 0;

function ruleHolds(name: string, caller: Caller, target: Target, rules: Rules): boolean {
  const rule = rules.get(name) ?? rules.get('default');
  if (rule === undefined || depth >= DEPTH_MAX) return false;
  depth++;
  try {
    return rule(caller, target, rules);
  } finally {
    depth--;
  }
}

const hasRole = (caller: Caller, role: string): boolean =>
  caller.roles.some((held) => held.toLowerCase() === role.toLowerCase());

/** `%(name)s` gives way to what the request is about. Undefined: it is about no such thing. */
function filled(match: string, target: Target): string | undefined {
  const slot = /^%\((.+)\)s$/.exec(match)?.[1];
  return slot === undefined ? match : target[slot];
}

/** What the left side of `kind:match` stands for; `is_admin:True` asks for the role admin. */
function attribute(caller: Caller, kind: string, target: Target): string | undefined {
  switch (kind) {
    case 'project_id':
    case 'tenant_id':
      return caller.project_id ?? undefined;
    case 'user_id':
      return caller.user_id;
    case 'is_admin':
      return hasRole(caller, 'admin') ? 'True' : 'False';
    case 'system_scope':
      return caller.system_scope ? 'all' : undefined;
    default:
      return literal(kind) ?? target[kind];
  }
}

const literal = (text: string): string | undefined => /^'(.*)'$/.exec(text)?.[1];

/** The check of a string of our own code. */
export function ownCheck(text: string): Check {
  const read = parseCheck(text);
  assert(read.is === 'done', `our own check does not parse: ${text}`);
  return read.value;
}
