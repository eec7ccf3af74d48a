/**
 * Goal: provider files are used whole or not at all; D-RT17: no number reaches a provider that does
 * not fit the others, and no bad entry is found out only while the host is at work.
 * Method: directories with files as operators write them; every problem must name file and line.
 *
 * Mutants that were caught: reading on after a wrong version · reserved above total let through ·
 * only the first problem of a file told · a UUID told apart by its dashes.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { INVENTORY_MAX } from '../../core/ledger/inventory.ts';
import { additionsTo, readProviderFiles, strangersAmong } from './read-directory.ts';

const directories: string[] = [];
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

/** What is read of these files, with their names without the directory. */
function read(files: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-providers-'));
  directories.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const found = readProviderFiles(directory);
  const plain = (texts: readonly string[]) =>
    texts.map((one) => one.replaceAll(`${directory}/`, ''));
  if (found.is === 'no') return { problems: plain(found.why) };
  return { ...found.value, warnings: plain(found.value.warnings) };
}

const UUID = '5213b75d-9260-42a6-b236-f39b0fd10561';
const META = "meta:\n  schema_version: '1.0'\n";
const whole = `${META}providers:
  - identification:
      uuid: ${UUID}
    inventories:
      additional:
        - CUSTOM_LICENCE:
            total: 22
            reserved: 2
            min_unit: 1
            max_unit: 10
            step_size: 1
            allocation_ratio: 16.0
        - CUSTOM_DONGLE: { total: 3 }
    traits:
      additional:
        - CUSTOM_RACK_7
        - CUSTOM_GOLD
`;

const licence = {
  resource_class: 'CUSTOM_LICENCE',
  total: 22,
  reserved: 2,
  min_unit: 1,
  max_unit: 10,
  step_size: 1,
  allocation_ratio: 16,
  initial_ratio: 1,
};
const dongle = {
  resource_class: 'CUSTOM_DONGLE',
  total: 3,
  reserved: 0,
  min_unit: 1,
  max_unit: INVENTORY_MAX,
  allocation_ratio: null,
  initial_ratio: 1,
};

const entriesOf = (found: ReturnType<typeof read>) => ('entries' in found ? found.entries : []);

test('a file in upstream’s format is read as it is; files come in order', () => {
  const found = read({
    'b.yaml': `${META}providers:\n  - identification: { name: rack1-a }\n    traits: { additional: [CUSTOM_B] }\n`,
    'a.yaml': whole,
    'c.yml': 'not read: [',
  });
  ok('entries' in found);
  const { entries, warnings } = found;
  deepEqual(warnings, []);
  deepEqual(entries[0]?.inventories, [licence, dongle]);
  deepEqual(entries[0]?.traits, ['CUSTOM_RACK_7', 'CUSTOM_GOLD']);
  deepEqual(
    entries.map(({ name, uuid }) => name ?? uuid),
    [UUID, 'rack1-a'],
  );
});

test('D-RT17: all that is wrong is told at once, with file and line', () => {
  const found = read({
    'a.yaml': `${META}providers:
  - identification: { uuid: ${UUID}, name: both }
    inventories:
      additional:
        - CUSTOM_A: { total: 0 }
        - CUSTOM_B: { total: 4, reserved: 5, min_unit: 3, max_unit: 2 }
        - CUSTOM_C: { total: 2, min_unit: 3, allocation_ratio: -1, steps: 2 }
        - CUSTOM_D: { reserved: 1 }
        - VCPU: { total: 4 }
    traits: { additional: [HW_CPU_X86_AVX2, 7, CUSTOM_T, CUSTOM_T] }
  - identification: { uuid: nonsense }
    traits: [CUSTOM_T]
  - traits: { additional: [CUSTOM_T] }
`,
    'b.yaml': 'meta: { schema_version: "1.0"\n',
    'c.yaml': "meta: { schema_version: '2.0' }\nproviders: nonsense\n",
    'd.yaml': 'providers: []\n',
  });
  ok('problems' in found);
  deepEqual(
    found.problems,
    [
      'a.yaml:7: total of CUSTOM_A must be a whole number from 1 to 2147483647',
      'a.yaml:8: reserved of CUSTOM_B is 5 of 4',
      'a.yaml:8: min_unit of CUSTOM_B is 3, above max_unit 2',
      `a.yaml:9: CUSTOM_C has no field steps; it may say total, reserved, min_unit, max_unit, step_size, allocation_ratio`,
      'a.yaml:9: allocation_ratio of CUSTOM_C must be a number above 0, and at most 1000000',
      'a.yaml:9: min_unit of CUSTOM_C is 3 of 2',
      'a.yaml:10: CUSTOM_D must say its total',
      'a.yaml:11: a resource class must be like CUSTOM_NAME, not VCPU: others are not a file’s to say',
      'a.yaml:12: a trait must be like CUSTOM_NAME, not HW_CPU_X86_AVX2: others are not a file’s to say',
      'a.yaml:12: a trait must be a text',
      'a.yaml:4: its traits name CUSTOM_T twice',
      'a.yaml:4: identification must say either uuid or name',
      'a.yaml:14: traits must be an object',
      'a.yaml:13: uuid must be a UUID or $COMPUTE_NODE, not nonsense',
      'a.yaml:15: a provider must have an identification',
      'b.yaml:2: Flow map in block collection must be sufficiently indented and end with a }',
      'c.yaml:1: schema_version 2.0 is not known here, 1.0 is',
      'd.yaml:1: meta must say the schema_version',
    ].map((line) => line.replaceAll('’', "'")),
  );
});

test('a provider is in one place only, by whatever it is called', () => {
  const entry = (who: string) =>
    `${META}providers:\n  - identification: { ${who} }\n    traits: { additional: [CUSTOM_T] }\n`;
  const dashless = UUID.replaceAll('-', '').toUpperCase();
  deepEqual(read({ 'a.yaml': entry(`uuid: ${UUID}`), 'b.yaml': entry(`uuid: ${dashless}`) }), {
    problems: [`b.yaml:4: ${UUID} is in a.yaml:4 too`],
  });
  const found = read({ 'a.yaml': entry(`uuid: ${UUID}`), 'b.yaml': entry('name: rack1-a') });
  equal(additionsTo({ name: 'rack1-a', uuid: UUID }, entriesOf(found)).is, 'no');
  equal(additionsTo({ name: 'rack1-b', uuid: UUID }, entriesOf(found)).is, 'done');
});

test('an entry for every host is for those that have none of their own', () => {
  const found = read({
    'a.yaml': `${META}providers:
  - identification: { uuid: $COMPUTE_NODE }
    traits: { additional: [CUSTOM_ANY] }
  - identification: { name: rack1-a }
    traits: { additional: [CUSTOM_OWN] }
  - identification: { name: elsewhere }
    traits: { additional: [CUSTOM_FAR] }
  - identification: { name: idle }
`,
  });
  ok('entries' in found);
  const [a, b] = ['rack1-a', 'rack1-b'].map((name) => ({ name, uuid: `uuid-of-${name}` }));
  ok(a !== undefined && b !== undefined);
  const traitsOf = (host: typeof a) => {
    const added = additionsTo(host, found.entries);
    return added.is === 'done' ? added.value.traits : added.why;
  };
  deepEqual([traitsOf(a), traitsOf(b)], [['CUSTOM_OWN'], ['CUSTOM_ANY']]);
  deepEqual(found.warnings, ['a.yaml:10: a provider with neither inventories nor traits']);
  const belowOf = (host: typeof a) => {
    const added = additionsTo(host, found.entries);
    return added.is === 'done' ? added.value.below.map(({ name }) => name) : added.why;
  };
  deepEqual([belowOf(a), belowOf(b)], [['elsewhere'], ['rack1-a', 'elsewhere']]);
  const [stranger = '', ...more] = strangersAmong(found, [a, b]);
  ok(stranger.endsWith('a.yaml:8: name elsewhere is no host here, nor known to be below one yet'));
  deepEqual(more, []);
  deepEqual(strangersAmong(found, [a, b, { name: 'elsewhere', uuid: UUID }]), []);
});

test('a later minor version may say more than is known', () => {
  const later = whole
    .replace("'1.0'", "'1.7'")
    .replace('total: 22', 'total: 22\n            hue: 3');
  const found = read({ 'a.yaml': later });
  ok('entries' in found);
  deepEqual(found.entries[0]?.inventories[0], licence);
  deepEqual(found.warnings, ['a.yaml:2: schema_version 1.7: only 1.0 is heeded']);
  equal('problems' in read({ 'a.yaml': later.replace("'1.7'", "'1.0'") }), true);
});

test('a directory that is not there is told, and an empty one adds nothing', () => {
  equal(readProviderFiles('/nonexistent').is, 'no');
  deepEqual(read({}), { entries: [], warnings: [] });
});

test('whatever is in a file, it is read whole or refused with its lines', () => {
  const lines = whole.split('\n');
  let refused = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(lines.length - 1), fc.constantFrom(...SCRIBBLES)), { maxLength: 4 }),
      (changes) => {
        const text = [...lines];
        for (const [at, scribble] of changes) text[at] = scribble;
        const found = read({ 'a.yaml': text.join('\n') });
        if (!('problems' in found)) return;
        refused++;
        ok(found.problems.length > 0);
        for (const one of found.problems) ok(/^a\.yaml:\d+: \S/.test(one), one);
      },
    ),
    { numRuns: 150 },
  );
  ok(refused > 50, `${refused} were refused`);
});

const SCRIBBLES = [
  '',
  '- ',
  '  - &a [*a]',
  '          total: .inf',
  '    traits: null',
  '? [a]: b',
  '{}',
];
