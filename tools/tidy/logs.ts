/**
 * What may be written into the log, told from the syntax of each call of a journal.
 *
 *   the event    said there and then, as text: nothing that somebody sent can be in it
 *   the facts    named one by one, so that no field comes along that nobody thought of
 *   each fact    made of nothing that is a secret, what a user sent, or whose a device is; nor of
 *                a variable that was made of such, as far as the file says
 *   the journal  always called by its name, so that no call of it is missed; nothing else prints
 *
 * Which names are printed at all is for `src/real/journal.ts` to say, and for its test.
 */
import { Visitor } from 'oxc-parser';
import { type Finding, isTest, lineOf, type Source } from './source.ts';

const SAYS = ['info', 'warn', 'error'];
/** As parts of names. An address of a device is a fact; who has it is not. */
const UNSAYABLE = new RegExp(
  [
    ...[
      'password',
      'passwd',
      'passphrase',
      'admin_?pass',
      '\\bpwd\\b',
      'secret',
      'token',
      'credential',
    ],
    ...['private_?key', 'authorization', 'bearer', 'cookie', 'headers', 'api_?key'],
    ...['user_?data', 'personality', 'payload', '\\bbody\\b', '\\.bytes\\b'],
    ...['holder', 'owner', 'consumer_?uuid', 'claimant'],
    '(stringify|String|inspect)\\((\\w+\\.)*(request|asked|input|order|params|row|server)\\)',
  ].join('|'),
  'i',
);
/** Whose a device is, where its address stands beside it. */
const OF_A_DEVICE = /^(address|device)$/;
const WHOSE = /^(server_uuid|project_id|user_id|uuid|run_id)$/;
/** Who prints what is asked for: the verbs and the programs themselves. */
const PRINTERS = /^src\/(main|cli)\//;
/** What turns a journal into lines. */
const LOG = 'src/real/journal.ts';

const isTold = (path: string): boolean =>
  /^src\/(core|real|main|cli)\//.test(path) && !isTest(path);

export function logs(source: Source): Finding[] {
  const { path, text, tree } = source;
  const findings: Finding[] = [];
  if (!isTold(path) || path === LOG) return findings;
  const told = (start: number, messages: readonly string[]) => {
    for (const message of messages) findings.push({ path, line: lineOf(text, start), message });
  };
  const madeOf = declared(source);
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      const called = text.slice(callee.start, callee.end);
      if (isJournal(called)) told(start, wrong(given, text, madeOf));
      else if (isUnnamed(called)) told(start, ['call a journal by its name: journal.warn(…)']);
      else if (prints(called)) told(start, wrongPrint(path, given, text));
    },
    VariableDeclarator({ id, init, start }) {
      if (init === null) return;
      const from = text.slice(init.start, init.end);
      if (/(^|[.#])journal$/.test(from)) told(start, alias(text.slice(id.start, id.end)));
      if (isJournal(from)) told(start, alias(''));
    },
    Property({ key, value, start }) {
      const [name, from] = [key, value].map((node) => text.slice(node.start, node.end));
      if (/[.#]journal$/.test(from ?? '') && name !== 'journal') told(start, alias(''));
    },
  }).visit(tree);
  return findings;
}

/** e.g. `this.#parts.journal.warn`, `this.#journal.info`. */
const isJournal = (callee: string): boolean =>
  SAYS.some((verb) => new RegExp(`(^|[.#])journal\\??\\.${verb}$`).test(callee));

/** Called like a journal, and none by its name. */
const isUnnamed = (callee: string): boolean =>
  /(^|[.#])(log|logger|pino)\??\.(debug|trace|info|warn|error|fatal)$/.test(callee) ||
  /journal\??\.?\[/.test(callee);

const prints = (callee: string): boolean =>
  /^console\.\w+$|^process\.std(out|err)\.write$/.test(callee);

const alias = (id: string): readonly string[] =>
  id === 'journal' ? [] : ['call a journal by its name, and hand it on under its name'];

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

function wrongPrint(path: string, given: readonly Node[], text: string): string[] {
  if (!PRINTERS.test(path)) return ['only the programs print; all else is told to a journal'];
  return given.flatMap((node) => unsayable(withoutWords(text.slice(node.start, node.end))));
}

function unsayable(code: string): string[] {
  const word = UNSAYABLE.exec(code)?.[0];
  return word === undefined ? [] : [`${word} has no place in the log`];
}

/** What is only words for people is nobody's secret; what is put between them may be. */
const withoutWords = (code: string): string =>
  code
    .replaceAll(/'[^'\n]*'/g, "''")
    .replaceAll(/`[^`]*`/g, (words) => (words.match(/\$\{[^}]*\}/g) ?? []).join(' '));

type MadeOf = ReadonlyMap<string, readonly string[]>;

/** Of what each variable of the file is made, by name. */
function declared({ text, tree }: Source): MadeOf {
  const made = new Map<string, string[]>();
  const note = (name: string, code: string) => made.set(name, [...(made.get(name) ?? []), code]);
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (init === null) return;
      const code = text.slice(init.start, init.end);
      if (id.type === 'Identifier') note(id.name, code);
      if (id.type !== 'ObjectPattern') return;
      for (const property of id.properties) {
        if (property.type !== 'Property' || property.value.type !== 'Identifier') continue;
        note(property.value.name, text.slice(property.key.start, property.key.end));
      }
    },
  }).visit(tree);
  return made;
}

function wrong([event, facts]: readonly Node[], text: string, madeOf: MadeOf): string[] {
  const said = (node: Node) => text.slice(node.start, node.end);
  const found: string[] = [];
  if (event?.type !== 'Literal') found.push('an event of the log is text, said there and then');
  if (facts === undefined) return found;
  if (facts.type !== 'ObjectExpression') return [...found, 'name the facts of the log one by one'];
  const { properties } = facts as Node & { readonly properties: readonly Node[] };
  const names = properties.map((property) => /^\w+/.exec(said(property))?.[0] ?? '');
  if (names.some((name) => OF_A_DEVICE.test(name)) && names.some((name) => WHOSE.test(name))) {
    found.push('whose a device is has no place in the log');
  }
  for (const property of properties) {
    if (property.type === 'SpreadElement') found.push('name the facts of the log one by one');
    else
      found.push(
        ...unsayable(said(property))
          .concat(hidden(said(property), madeOf))
          .slice(0, 1),
      );
  }
  return found;
}

const DEPTH_MAX = 4;

/** What is unsayable in that of which its variables are made; of `run.id` only `id` is told. */
function hidden(code: string, madeOf: MadeOf, depth = 0): string[] {
  if (depth === DEPTH_MAX) return [];
  const names = new Set(code.match(/(?<![.\w'-])[a-z_]\w*(?![.\w(?])/gi) ?? []);
  return [...names]
    .flatMap((name) => madeOf.get(name) ?? [])
    .flatMap((made) => [...unsayable(made), ...hidden(made, madeOf, depth + 1)]);
}
