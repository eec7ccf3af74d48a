/**
 * Tidy: what must be true of the source and the compiler cannot see.
 *
 *   node tools/tidy/main.ts            refuses, with a line for each finding
 *   node tools/tidy/main.ts --sizes    how long files and functions are, a line for each ring
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/command.ts';
import { logs } from './logs.ts';
import { functions, sizes } from './sizes.ts';
import { isTest, read, type Source } from './source.ts';
import { cycles, walls } from './walls.ts';
import { words } from './words.ts';

const FOLDERS = '{src,web,tools,bench,e2e}/**/*.{ts,tsx,mjs}';

const sources: readonly Source[] = globSync(FOLDERS, { cwd: root })
  .filter((path) => !path.includes('node_modules'))
  .toSorted()
  .map((path) => read(path, readFileSync(join(root, path), 'utf8')));

function refuse(): void {
  const findings = [
    ...sources.flatMap((source) => [
      ...words(source),
      ...walls(source),
      ...sizes(source),
      ...logs(source),
    ]),
    ...cycles(sources),
  ];
  for (const { path, line, message } of findings) console.error(`${path}:${line}: ${message}`);
  console.log(`${sources.length} files, ${findings.length} untidy places`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

function measure(): void {
  const ringOf = (path: string) => /^(src\/\w+|\w+)/.exec(path)?.[0] ?? '';
  const rings = Object.groupBy(sources, ({ path }) => (isTest(path) ? 'tests' : ringOf(path)));
  console.log('ring        files   lines   file p50/p90/max   function p50/p90/max');
  for (const [ring, list = []] of Object.entries(rings)) {
    const files = list.map(({ text }) => text.trimEnd().split('\n').length);
    const lines = files.reduce((all, count) => all + count, 0);
    const inside = list.flatMap((source) => functions(source).map(({ lines }) => lines));
    const columns = [ring.padEnd(10), String(list.length).padStart(6), String(lines).padStart(7)];
    console.log(columns.join(' '), spread(files).padStart(18), spread(inside).padStart(22));
  }
}

function spread(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, (sorted.length * share) | 0)];
  return `${at(0.5)} / ${at(0.9)} / ${sorted.at(-1)}`;
}

if (process.argv.includes('--sizes')) measure();
else refuse();
