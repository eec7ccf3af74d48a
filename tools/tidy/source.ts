/** A source file as the rules see it: its text and its syntax tree, read once. */
import { parseSync } from 'oxc-parser';

type Parsed = ReturnType<typeof parseSync>;

export interface Source {
  /** From the root of the checkout, with slashes: `src/core/ledger/books.ts`. */
  readonly path: string;
  readonly text: string;
  readonly tree: Parsed['program'];
  readonly comments: Parsed['comments'];
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written: `../base/units.ts`, `node:fs`, `fastify`. */
  readonly target: string;
  /** Gone when compiled: nothing but types crosses. */
  readonly type_only: boolean;
  readonly line: number;
}

/** What a rule has to say about one place. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export function read(path: string, text: string): Source {
  const { program: tree, comments, module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const line = (offset: number) => lineOf(text, offset);
  const written = [...module.staticImports, ...module.staticExports].flatMap((statement) => {
    const target =
      'moduleRequest' in statement
        ? statement.moduleRequest
        : statement.entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (!target) return [];
    const { entries, start } = statement;
    const type_only = entries.length > 0 && entries.every(({ isType }) => isType);
    return [{ target: target.value, type_only, line: line(start) }];
  });
  const dynamic = module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
    target: text.slice(start + 1, end - 1),
    type_only: false,
    line: line(start),
  }));
  return { path, text, tree, comments, imports: [...written, ...dynamic] };
}

export const lineOf = (text: string, offset: number): number =>
  text.slice(0, offset).split('\n').length;

/** Tests, and fixtures: what only tests import, and so may know what tests may know. */
export const isTest = (path: string): boolean => /\.(test|fixture|e2e)\.tsx?$/.test(path);
