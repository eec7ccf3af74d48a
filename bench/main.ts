/**
 * npm run bench -- NAME… [--format json]: runs bench/NAME.bench.ts, a figure a line as it is found.
 *
 * Without a name it says which there are. What each does not measure is in README.md.
 */
import { readdirSync } from 'node:fs';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';

const ENDING = '.bench.ts';
const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: { format: { type: 'string', default: 'table' } },
});
const there = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length))
  .sort();
const unknown = positionals.filter((name) => !there.includes(name));

if (positionals.length === 0 || unknown.length > 0) {
  for (const name of unknown) console.error(`bench: there is no ${name}`);
  console.error(`bench: name one or more of ${there.join(', ')}`);
  process.exitCode = 2;
} else {
  for (const name of positionals) await run(name);
}

async function run(name: string): Promise<void> {
  const { figures } = (await import(`./${name}${ENDING}`)) as {
    figures: () => AsyncIterable<Figure>;
  };
  for await (const found of figures()) {
    console.log(values.format === 'json' ? JSON.stringify(found) : line(found));
  }
}

function line({ name, size, value, unit, ratio_to, ratio }: Figure): string {
  const number = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  const where = size === null ? '' : size.toLocaleString('en');
  const beside = ratio === null ? '' : `   ${ratio.toFixed(2)} of ${ratio_to}`;
  return `${name.padEnd(44)} ${where.padStart(8)} ${number.padStart(10)} ${unit}${beside}`;
}
