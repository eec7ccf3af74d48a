/** Reads Prometheus' text format (0.0.4), and takes nothing that its grammar does not allow. */
import { deepEqual, equal, ok } from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const VALUE = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (${VALUE})$`);
const ABOUT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);

/** The value of each series, by its name and labels as they are written. */
export function readExposition(text: string): ReadonlyMap<string, number> {
  ok(text.endsWith('\n'));
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, what, about = '', rest = ''] = ABOUT.exec(line) ?? [];
    if (what === 'TYPE') {
      ok(!types.has(about), `${about} is declared twice`);
      types.set(about, rest);
    }
    if (what !== undefined) continue;
    const sample = SAMPLE.exec(line);
    ok(sample !== null, `no sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    ok(types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name), `${name}: no TYPE`);
    const key = labels === '' ? name : `${name}{${labels}}`;
    ok(!values.has(key), `${key} is there twice`);
    values.set(key, Number(value.replace('Inf', 'Infinity')));
  }
  for (const [name, type] of types) checkFamily(name, type, values);
  return values;
}

function checkFamily(name: string, type: string, values: ReadonlyMap<string, number>): void {
  ok(['counter', 'gauge', 'histogram'].includes(type), `${name} is a ${type}`);
  if (type === 'counter') ok(name.endsWith('_total'), `a counter ends in _total: ${name}`);
  if (type !== 'histogram') return;
  const counts = new Map<string, number[]>();
  for (const [key, value] of values) {
    if (!key.startsWith(`${name}_bucket{`)) continue;
    const series = key.slice(name.length + 7).replace(/,?le="[^"]*",?/, '');
    counts.set(series, [...(counts.get(series) ?? []), value]);
  }
  for (const [series, rising] of counts) {
    deepEqual(
      rising,
      rising.toSorted((a, b) => a - b),
      `${name}${series} falls`,
    );
    const count = values.get(`${name}_count${series === '{}' ? '' : series}`);
    equal(rising.at(-1), count, `${name}${series}: the last bucket has all`);
  }
}
