/** Rows as aligned columns for people, or as JSON for programs; the fields are the same. */
import { stripVTControlCharacters, styleText } from 'node:util';

export type Format = 'table' | 'json';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number | null;
  /** Numbers stand right, so that digits stand below digits. */
  readonly right?: boolean;
}

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => String(cell(row) ?? '-')));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => width(line[index] ?? ''))),
  );
  const aligned = (line: readonly string[]): string =>
    line
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.right ?? false))
      .join('  ')
      .trimEnd();
  const head = styleText('bold', aligned(columns.map(({ title }) => title)));
  return [head, ...cells.map(aligned)].join('\n');
}

const width = (text: string): number => [...stripVTControlCharacters(text)].length;

function pad(text: string, columns: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)));
  return right ? space + text : text + space;
}

/** `vm_state` and the like, in the colour of what it means. */
export function state(word: string): string {
  if (/^(active|up|enabled|done|completed)$/.test(word)) return styleText('green', word);
  if (/^(error|down|disabled|undone|stuck|refused|unanswered)$/.test(word)) {
    return styleText('red', word);
  }
  return word;
}

/** e.g. `2026-11-21 10:15:03` UTC. */
export const moment = (at_ms: number | null): string | null =>
  at_ms === null ? null : new Date(at_ms).toISOString().slice(0, 19).replace('T', ' ');
