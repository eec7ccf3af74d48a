/**
 * Goal: of all that is said, wherever, each wrong thing is told exactly once, with its place,
 * and nothing else is; what is right holds in the order flag, environment, file, default.
 * Method: properties over all settings, with wrong values made for each type; examples of the rest.
 *
 * Mutants that were caught: a value that is overruled is not read · a rule asked of values that are
 * wrong by themselves · the file before the environment · the last of two flags forgotten · what
 * holds a password shown in a complaint · names of a file held against those of one process only.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { allSettings } from './all.ts';
import * as plane from './control-plane.ts';
import { flagsIn } from './flags.ts';
import * as hosts from './hosts.ts';
import { resolve, type Sources } from './resolve.ts';
import { rules } from './rules.ts';
import * as scheduler from './scheduler.ts';
import { PROCESSES, type Setting } from './setting.ts';
import { shown } from './shown.ts';

const nothing: Sources = { flags: [], variables: {}, file: [] };

const WRONG: Readonly<Record<string, readonly string[]>> = {
  'whole number': ['many', '-2', '9999999999', '1.5', '0x10'],
  number: ['heavy', '1e300', '--1'],
  'yes or no': ['perhaps', '2'],
  word: ['nonesuch'],
  text: ['a\u0007b', 'x'.repeat(256)],
  path: ['a\u0000b', 'x'.repeat(5000)],
  URL: ['nowhere', 'ftp://x', 'http://', 'postgres://'],
  'list of URLs': ['nowhere', 'http://a ftp://b'],
  'list of texts': ['a,\u0007'],
  'list of NAME=NUMBER': ['cpu', 'cpu=', 'cpu=x'],
  'set of CPUs': ['x', '3-1', '70000'],
  'list of pages': ['x', 'node:0,size:2MB', 'node:0,size:2MB,count:1;node:0,size:2048,count:2'],
  'list of bridges': ['a/b', 'br0 br0=x'],
  'list of devices': ['{', '[{"vendor_id": "nvidia"}]', '[3]'],
  'list of namespaces': ['x', 'a:'],
  'list of names': ['{', '[{"name": "a b"}]'],
};

/** What somebody says somewhere: right (as by default, where there is a default) or wrong. */
interface Word {
  readonly setting: Setting<unknown>;
  readonly place: 'flag' | 'variable' | 'file';
  readonly given: string;
  readonly is_wrong: boolean;
}

const PLACES = ['flag', 'variable', 'file'] as const;

/** Nothing, where nobody can say it there. */
function wordOf(
  setting: Setting<unknown>,
  [place, is_wrong, which]: readonly [Word['place'], boolean, number],
): readonly Word[] {
  const wrong = WRONG[setting.kind.type] ?? [];
  const given = is_wrong ? wrong[which % wrong.length] : setting.default;
  if (place === 'flag' && setting.flag === null) return [];
  if (place === 'file' && setting.not_in_file === true) return [];
  return given ? [{ setting, place, given, is_wrong }] : [];
}

const said = fc.tuple(fc.constantFrom(...PLACES), fc.boolean(), fc.nat(9));
const words = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...allSettings),
      fc.uniqueArray(said, { minLength: 1, maxLength: 3, selector: ([place]) => place }),
    ),
    { minLength: 1, maxLength: 20, selector: ([setting]) => setting.key },
  )
  .map((all) => all.flatMap(([setting, each]) => each.flatMap((one) => wordOf(setting, one))));

const nameOf = ({ setting, place }: Word): string => {
  if (place === 'flag') return `--${setting.flag}`;
  return place === 'variable' ? setting.environment : `f.yaml:3: ${setting.key}`;
};

const sourcesOf = (said: readonly Word[]): Sources => ({
  flags: said
    .filter(({ place }) => place === 'flag')
    .map(({ setting, given }) => ({ flag: setting.flag ?? '', given })),
  variables: Object.fromEntries(
    said
      .filter(({ place }) => place === 'variable')
      .map(({ setting, given }) => [setting.environment, given]),
  ),
  file: said
    .filter(({ place }) => place === 'file')
    .map(({ setting, given }) => ({ key: setting.key, given, where: 'f.yaml:3' })),
});

test('each wrong thing that is said is told once, with its place, and nothing else is', () => {
  const tried = { wrong: 0, twice: 0, types: new Set<string>() };
  fc.assert(
    fc.property(words, (said) => {
      const { wrong } = resolve(PROCESSES, sourcesOf(said));
      const expected = said.filter(({ is_wrong }) => is_wrong).map(nameOf);
      for (const name of expected) {
        const about = wrong.filter(
          (line) => line.startsWith(`${name} `) || line.startsWith(`${name}:`),
        );
        equal(about.length, 1, `${name} among ${wrong.join('\n')}`);
        match(about[0] ?? '', /: \S/);
      }
      equal(wrong.length, expected.length, wrong.join('\n'));
      for (const one of said) if (one.is_wrong) tried.types.add(one.setting.kind.type);
      tried.wrong += expected.length;
      const keys = said.map(({ setting }) => setting.key);
      if (new Set(keys).size < keys.length) tried.twice++;
    }),
    { numRuns: 300 },
  );
  ok(tried.wrong > 800 && tried.twice > 100, JSON.stringify(tried));
  const types = new Set(allSettings.map(({ kind }) => kind.type));
  deepEqual([...tried.types].toSorted(), [...types].toSorted());
});

test('the first that says something holds: flag, environment, file, default', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (flag, variable, file) => {
      const { settings, wrong } = resolve(['control plane'], {
        flags: flag ? [{ flag: 'port', given: '1' }] : [],
        variables: { PLIMSOLL_PORT: variable ? '2' : '' },
        file: [{ key: 'plimsoll.port', given: file ? '3' : '', where: 'f.yaml:3' }],
      });
      deepEqual(wrong, []);
      const expected = flag ? 1 : variable ? 2 : file ? 3 : 8780;
      equal(settings.of(plane.port), expected);
      const origin = settings.saidOf(plane.port)?.origin.is ?? 'default';
      equal(origin, flag ? 'flag' : variable ? 'environment' : file ? 'file' : 'default');
    }),
  );
});

test('every setting is told apart, is said in a sentence, and its default is a right value', () => {
  for (const name of ['key', 'environment', 'says'] as const) {
    const all = allSettings.map((one) => one[name]);
    deepEqual(
      all.filter((one, at) => all.indexOf(one) !== at),
      [],
      name,
    );
  }
  const flags = allSettings.flatMap(({ flag }) => flag ?? []);
  equal(new Set(flags).size, flags.length);
  for (const { key, says, otherwise, kind, read_by, value, ...one } of allSettings) {
    match(key, /^[a-z_]+\.[a-z_]+$/);
    match(says, /^[A-Z].*[^.]\.$/, key);
    ok(kind.type !== '' && kind.range !== '' && read_by.length > 0, key);
    ok(otherwise !== '' || one.default === '', key);
    equal(value(one.default).is, 'done', key);
  }
});

test('what looks like a slip is told with what was meant; others’ variables are not', () => {
  const strange = {
    PLIMSOLL_POLCY: 'pack',
    OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLYER: '1',
    OS_DEFAULT__DEBUG: 'true',
    PLIMSOLL_SERVICE_HOST: '10.0.0.1',
    OS_AUTH_URL: 'http://k',
    PATH: '/bin',
  };
  const file = [
    { key: 'plimsoll.prot', given: '1', where: 'f.yaml:2' },
    { key: 'filter_schedular.ram_weight_multiplier', given: '1', where: 'f.yaml:4' },
    { key: 'plimsoll.config', given: 'other.yaml', where: 'f.yaml:5' },
  ];
  deepEqual(resolve(['agent'], { ...nothing, variables: strange, file }).wrong, [
    'OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLYER: there is no such setting; did you mean ' +
      'OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLIER?',
    'PLIMSOLL_POLCY: there is no such setting; did you mean PLIMSOLL_POLICY?',
    'f.yaml:2: plimsoll.prot: there is no such setting; did you mean plimsoll.port?',
    'f.yaml:4: filter_schedular.ram_weight_multiplier: there is no such setting; did you mean ' +
      'filter_scheduler.ram_weight_multiplier?',
    'f.yaml:5: plimsoll.config: there is no such setting; did you mean plimsoll.nats?',
  ]);
});

test('a flag that may be repeated means all of what it said, another the last', () => {
  const line = ['--bridge', 'br0', '--port=1', '--bridge=br1', '--port', '2', '--shared'];
  const { flags, wrong } = flagsIn(line, allSettings);
  deepEqual(wrong, []);
  deepEqual(flags, [
    { flag: 'bridge', given: ['br0', 'br1'] },
    { flag: 'port', given: '2' },
    { flag: 'shared', given: 'yes' },
  ]);
});

test('lists and maps of a file mean what their texts mean', () => {
  const { settings, wrong } = resolve(['control plane'], {
    ...nothing,
    file: [
      { key: 'compute.cpu_shared_set', given: ['0-2', '^1'], where: 'f:1' },
      { key: 'metrics.weight_setting', given: { 'cpu.percent': '-1.0' }, where: 'f:2' },
      { key: 'pci.alias', given: [{ name: 'gpu', vendor_id: '10de' }], where: 'f:3' },
      { key: 'plimsoll.bridges', given: ['br0', 'br1=public net'], where: 'f:4' },
      {
        key: 'default.reserved_huge_pages',
        given: [{ node: '0', size: '2MB', count: '64' }],
        where: 'f:5',
      },
    ],
  });
  deepEqual(wrong, []);
  deepEqual(settings.of(hosts.sharedCpus), [0, 2]);
  deepEqual(settings.of(scheduler.metricsSetting), { 'cpu.percent': -1 });
  deepEqual(
    [...(settings.of(hosts.deviceAlias) ?? [])].map(([name]) => name),
    ['gpu'],
  );
  equal(settings.of(plane.namedBridges)?.[1]?.name, 'public net');
  deepEqual(settings.of(hosts.reservedPages), [{ cell: 0, size_kib: 2048, count: 64 }]);
});

/** A command line that breaks the rule, and what makes it good again. */
const broken: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['--keystone http://k --no-auth', '--no-auth=no', { OS_USERNAME: 'u', OS_PASSWORD: 'p' }],
  ['--keystone http://k', '--no-auth=no --keystone=', {}],
  ['--nats nats://h', '--nats-key k', {}],
  ['--tls-cert c', '--tls-key k', {}],
  ['--host 0.0.0.0', '--tls-cert c --tls-key k', {}],
  ['--shared --images /i --hosts 0', '--database postgres://h/d', {}],
  ['--shared --images /i --hosts 0 --database postgres://h/d --qemu required', '--qemu off', {}],
  ['--port 4222 --nats-key k --nats nats://x@localhost:4222', '--port 4223', {}],
  ['', '', { OS_COMPUTE__CPU_SHARED_SET: '0-3', OS_COMPUTE__CPU_DEDICATED_SET: '3-5' }],
  ['--cpu-shared-set 0-3 --cpu-dedicated-set 3', '--cpu-shared-set 0-2', {}],
  ['', '', { OS_DEFAULT__RESERVED_HOST_CPUS: '3', OS_COMPUTE__CPU_SHARED_SET: '0-1' }],
];

test('each rule is broken by a start that each value alone would allow, and told once', () => {
  equal(broken.length, rules.length);
  for (const [at, [line, remedy, variables]] of broken.entries()) {
    const wrongWith = (text: string): readonly string[] => {
      const args = text.split(' ').filter((one) => one !== '');
      const { flags, wrong } = flagsIn(args, allSettings);
      deepEqual(wrong, []);
      const sources = { flags: flags.filter(({ given }) => given !== ''), variables, file: [] };
      return resolve(['control plane'], sources).wrong;
    };
    equal(wrongWith(line).length, 1, `${line}: ${wrongWith(line).join('\n')}`);
    if (remedy !== '') deepEqual(wrongWith(`${line} ${remedy}`), [], `${rules[at]?.says}`);
  }
});

test('a secret is shown nowhere: neither in what is wrong nor in what is listed', () => {
  const SECRET = 'hunter2';
  const texts = ['', 'postgres://u:', 'http://', 'postgres://h/d?sslpassword=', 'nats://'];
  const tails = ['', '@h', ' x', '@h/d'];
  for (const setting of allSettings.filter(({ secret }) => secret !== undefined)) {
    for (const text of texts.flatMap((head) => tails.map((tail) => head + SECRET + tail))) {
      const variables = { [setting.environment]: text };
      for (const line of resolve(PROCESSES, { ...nothing, variables }).wrong) {
        ok(!line.includes(SECRET), line);
      }
      const isUrl = /^\w+:.*(@|password=)/.test(text);
      if (setting.secret === 'whole' || isUrl) ok(!shown(setting, text).includes(SECRET), text);
    }
  }
  equal(shown(plane.database, 'postgres://me:pw@h/d'), 'postgres://***@h/d');
  const keys = allSettings.map(({ key }) => key).filter((key) => /password|secret/.test(key));
  for (const key of keys) equal(allSettings.find((one) => one.key === key)?.secret, 'whole');
});
