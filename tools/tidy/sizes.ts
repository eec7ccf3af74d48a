/**
 * How long things may get, and that every file says what it is for. What is small stays small: a
 * limit that only new code had to keep would never bite the giant that made it necessary.
 */
import { Visitor, type Visitor as Visits } from 'oxc-parser';
import { type Finding, lineOf, type Source } from './source.ts';

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 60;
export const LINE_COLUMNS_MAX = 100;
/** A table that is kept in shape by hand says so, and may be as wide as this. */
export const TABLE_COLUMNS_MAX = 160;
/** Text for people is found by grep when it stands in one piece. */
export const TEXT_COLUMNS_MAX = 160;

export interface Measured {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export function sizes(source: Source): Finding[] {
  const { path, text } = source;
  const findings: Finding[] = [];
  const say = (line: number, message: string) => findings.push({ path, line, message });
  const lines = text.trimEnd().split('\n');

  if (!opensWithComment(source)) say(1, 'open with a comment that says what this file is for');
  if (lines.length > FILE_LINES_MAX) {
    say(FILE_LINES_MAX, `${lines.length} lines; at most ${FILE_LINES_MAX}: split it by its nouns`);
  }
  let columns_max = LINE_COLUMNS_MAX;
  for (const [index, line] of lines.entries()) {
    if (line.includes('biome-ignore format')) columns_max = TABLE_COLUMNS_MAX;
    if (line === '') columns_max = LINE_COLUMNS_MAX;
    const max = holdsText(line) ? TEXT_COLUMNS_MAX : columns_max;
    if ([...line].length > max) say(index + 1, `over ${max} columns`);
  }
  for (const { name, line, lines } of functions(source)) {
    if (lines <= FUNCTION_LINES_MAX) continue;
    say(line, `${name} has ${lines} lines; at most ${FUNCTION_LINES_MAX}: ifs up, loops down`);
  }
  return findings;
}

/** A line of code with a long piece of text in it, which only an odd `+` could break. */
const holdsText = (line: string): boolean =>
  /['"`].{50,}/.test(line) && !/^\s*(\*|\/[/*])/.test(line);

function opensWithComment({ text, comments }: Source): boolean {
  const body = text.replace(/^#!.*\n/, '');
  const [first] = comments;
  return first !== undefined && first.start <= text.length - body.length;
}

/** Every function that has a name or is held by one, longest nesting included. */
export function functions({ tree, text }: Source): Measured[] {
  const found: Measured[] = [];
  const add = (name: string, { start, end }: { start: number; end: number }) => {
    const line = lineOf(text, start);
    found.push({ name, line, lines: lineOf(text, end) - line + 1 });
  };
  const visits: ConstructorParameters<typeof Visits>[0] = {
    FunctionDeclaration: (node) => add(node.id?.name ?? 'a function', node),
    MethodDefinition: (node) => add(nameOf(node.key), node),
    Property: (node) => isFunction(node.value) && add(nameOf(node.key), node),
    PropertyDefinition: (node) => isFunction(node.value) && add(nameOf(node.key), node),
    VariableDeclarator: (node) => isFunction(node.init) && add(nameOf(node.id), node),
    CallExpression(node) {
      const body = node.arguments.at(-1);
      if (body !== undefined && isFunction(body) && nameOf(node.callee) === 'test') {
        add('a test', body);
      }
    },
  };
  new Visitor(visits).visit(tree);
  return found;
}

const isFunction = (node: { type: string } | null): boolean =>
  node?.type === 'ArrowFunctionExpression' || node?.type === 'FunctionExpression';

const nameOf = (node: { type: string }): string => ('name' in node ? String(node.name) : 'one');
