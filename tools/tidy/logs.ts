/**
 * What may be written into the log, told from the syntax of each call of a journal.
 *
 *   the event    said there and then, as text: nothing that somebody sent can be in it
 *   the facts    named one by one, so that no field comes along that nobody thought of
 *   each fact    made of nothing that is a secret, what a user sent, or whose a device is
 *
 * Which names are printed at all is for `src/real/journal.ts` to say, and for its test.
 */
import { Visitor } from 'oxc-parser';
import { type Finding, isTest, lineOf, type Source } from './source.ts';

const SAYS = ['info', 'warn', 'error'];
/** As parts of names. An address of a device is a fact; who has it is not. */
const UNSAYABLE = new RegExp(
  [
    ...['password', 'passwd', 'secret', 'token', 'credential', 'private_key'],
    ...['user_data', 'personality', '\\bbody\\b', 'holder', 'owner', 'consumer_uuid'],
  ].join('|'),
  'i',
);

const isTold = (path: string): boolean =>
  /^src\/(core|real|main|cli)\//.test(path) && !isTest(path);

export function logs({ path, text, tree }: Source): Finding[] {
  const findings: Finding[] = [];
  if (!isTold(path)) return findings;
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      if (!isJournal(text.slice(callee.start, callee.end))) return;
      for (const message of wrong(given, text)) {
        findings.push({ path, line: lineOf(text, start), message });
      }
    },
  }).visit(tree);
  return findings;
}

/** e.g. `this.#parts.journal.warn`, `this.#journal.info`. */
const isJournal = (callee: string): boolean =>
  SAYS.some((verb) => new RegExp(`(^|[.#])journal\\??\\.${verb}$`).test(callee));

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

function wrong([event, facts]: readonly Node[], text: string): string[] {
  const said = (node: Node) => text.slice(node.start, node.end);
  const found: string[] = [];
  if (event?.type !== 'Literal') found.push('an event of the log is text, said there and then');
  if (facts === undefined) return found;
  if (facts.type !== 'ObjectExpression') return [...found, 'name the facts of the log one by one'];
  const { properties } = facts as Node & { readonly properties: readonly Node[] };
  for (const property of properties) {
    const word = UNSAYABLE.exec(said(property))?.[0];
    if (property.type === 'SpreadElement') found.push('name the facts of the log one by one');
    else if (word !== undefined) found.push(`${word} has no place in the log`);
  }
  return found;
}
