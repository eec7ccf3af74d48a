/**
 * Goal: docs/configuration.md says of each setting what the program itself knows of it.
 * Method: the document is printed from the settings and the rules, and compared. `PRINT_CONFIG=1`
 * writes it anew.
 */
import { equal, ok } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { allSettings } from './all.ts';
import { rules } from './rules.ts';
import { PROCESSES, type Setting } from './setting.ts';

const file = join(
  import.meta.dirname.replace(/\/dist\//, '/src/'),
  '../../../docs/configuration.md',
);

test('the document says the same', () => {
  const text = printed();
  if (process.env['PRINT_CONFIG'] === '1') writeFileSync(file, text);
  equal(readFileSync(file, 'utf8'), text);
});

test('every setting is in it once', () => {
  const text = readFileSync(file, 'utf8');
  for (const { key } of allSettings) equal(text.split(`\n| \`${key}\` `).length, 2, key);
  for (const { says } of rules) ok(text.includes(says), says);
});

const code = (text: string | null): string => (text === null ? '' : `\`${text}\``);
const cell = (text: string): string => text.replaceAll('|', '\\|');

function row({ key, environment, kind, unit, says, ...one }: Setting<unknown>): string {
  const flag = one.flag === null ? [] : [code(`--${one.flag}`)];
  const otherwise = one.default === null ? one.otherwise : code(one.default || ' ');
  const cells = [
    code(key),
    says,
    `${kind.type}: ${kind.range}`,
    unit ?? '',
    otherwise,
    [code(environment), ...flag].join(', '),
    one.upstream ?? '',
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Under the first process that reads it; who reads it besides is said there. */
function sections(): readonly string[] {
  const groups = Map.groupBy(allSettings, ({ read_by }) => read_by.join(', '));
  return [...groups].flatMap(([processes, settings]) => [
    `## ${processes.charAt(0).toUpperCase()}${processes.slice(1)}`,
    '',
    '| setting | what it is | type and range | unit | by default | variable, flag | upstream |',
    '|---|---|---|---|---|---|---|',
    ...settings.map(row),
    '',
  ]);
}

const printed = (): string =>
  [
    '# Everything that can be set',
    '',
    'Printed from the settings themselves (`src/core/config`), and held to them by a test.',
    '',
    'A value is said by a flag, by a variable of the environment, or in a file that `--config FILE` or',
    '`PLIMSOLL_CONFIG` names; the first of these that says something holds. A file has a section for what is',
    'before the dot, and a name for what is behind it; one file may serve all processes:',
    '',
    '```yaml',
    'plimsoll:',
    '  data: /var/lib/plimsoll',
    '  policy: pack',
    'default:',
    '  reserved_host_memory_mb: 2048',
    'pci:',
    '  alias:',
    "    - { name: gpu, vendor_id: '10de', product_id: '20b5' }",
    'agent:',
    '  tokens: /etc/plimsoll/tokens',
    '```',
    '',
    'Everything is read and judged before anything starts; all that is wrong is told at once, with the line',
    'of the file, the variable or the flag, and nothing is changed. `plimsoll config` lists what is set here',
    'and by whom, `plimsoll config --check FILE` only judges. An empty variable, and a name with nothing after',
    'it, say nothing. Names of files are taken from the working directory.',
    '',
    `Who reads what: ${PROCESSES.join(', ')}. Sections other than our own have upstream's names.`,
    '',
    ...sections(),
    '## What must go together',
    '',
    ...rules.map(({ says }) => `- ${says}`),
    '',
  ].join('\n');
