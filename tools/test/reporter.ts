/**
 * How a run of node:test is shown: a line for each file, and every failure in full, at once.
 *
 *   ✔ core/ledger/claim.test.js                       7 passed      214 ms
 *   ✖ core/ledger/books.test.js                       3 passed, 1 failed
 */
import { relative, sep } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect, styleText } from 'node:util';

const NAME_COLUMNS = 52;

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export.
export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const errors = new Map<string, string[]>();
  for await (const event of events) {
    if (event.type === 'test:fail') yield failure(event.data);
    else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      const { file, message } = event.data;
      errors.set(file, [...(errors.get(file) ?? []), message]);
    } else if (event.type === 'test:summary' && event.data.file !== undefined) {
      yield summary(event.data, errors.get(event.data.file) ?? []);
    }
  }
}

type Data<Type extends TestEvent['type']> = Extract<TestEvent, { type: Type }>['data'];

function failure({ name, file, line, details }: Data<'test:fail'>): string {
  const { error } = details;
  if ('failureType' in error && error.failureType === 'subtestsFailed') return '';
  const where = file === undefined ? '' : ` (${short(file)}:${line ?? '?'})`;
  const cause = error.cause instanceof Error ? error.cause : error;
  return `${styleText('red', `✖ ${name}`)}${where}\n${indent(inspect(cause))}\n`;
}

function summary({ file, counts, duration_ms, success }: Data<'test:summary'>, errors: string[]) {
  const name = short(file ?? '').padEnd(NAME_COLUMNS);
  const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
  const parts = [
    `${counts.passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
  ];
  const mark = success ? styleText('green', '✔') : styleText('red', '✖');
  const line = `${mark} ${name} ${parts.join(', ')}  ${Math.round(duration_ms)} ms\n`;
  return success ? line : `${line}${indent(errors.join(''))}\n`;
}

const short = (file: string): string =>
  relative(process.cwd(), file).replace(`dist${sep}`, '').replaceAll(sep, '/');

const indent = (text: string): string => text.replace(/^(?=.)/gm, '    ');
