/**
 * Goal: whoever runs the programs sees what is set and who said so, never a secret; what is wrong
 * is told all at once, with file and line, before anything has begun.
 * Method: the verbs themselves on files and variables, good and bad.
 * Mutants that were caught: the database shown with its password · provider files not read where a
 * setting is wrong · the data directory made before the settings were read.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, type TestContext } from 'node:test';
import { runAgent } from './agent.ts';
import { controlPlane } from './control-plane.ts';
import { showConfig } from './show-config.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-config-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

function fileOf(text: string): string {
  writeFileSync(at('f.yaml'), text);
  return at('f.yaml');
}

interface Asked {
  readonly args?: readonly string[];
  readonly check?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly format?: 'json' | 'table';
}

function show({ args = [], check, variables = {}, format = 'json' }: Asked) {
  const said = { out: '', err: '' };
  const keep = (where: 'out' | 'err') => (text: string) => {
    said[where] += text.replaceAll(`${directory}/`, '');
  };
  const options = { args, format, out: keep('out'), err: keep('err') };
  const code = showConfig(check === undefined ? options : { ...options, check }, variables);
  return { code, ...said };
}

const good = 'plimsoll:\n  port: 9000\n  policy: pack\nagent:\n  tokens: /t\n';

test('each value with who said it: flag, variable, file and line, or nobody', () => {
  const variables = { PLIMSOLL_POLICY: 'balanced', PLIMSOLL_DATABASE: 'postgres://u:pw@h/d' };
  const { code, out, err } = show({ args: ['--config', fileOf(good), '--hosts=1'], variables });
  deepEqual([code, err], [0, '']);
  const rows = JSON.parse(out) as { key: string; value: unknown; origin: string; where: string }[];
  const of = (key: string) => {
    const row = rows.find((one) => one.key === key);
    return [row?.value, row?.origin, row?.where];
  };
  deepEqual(of('plimsoll.port'), ['9000', 'file', 'f.yaml:2']);
  deepEqual(of('plimsoll.policy'), ['balanced', 'environment', 'PLIMSOLL_POLICY']);
  deepEqual(of('plimsoll.hosts'), ['1', 'flag', '--hosts']);
  deepEqual(of('agent.tokens'), ['/t', 'file', 'f.yaml:5']);
  deepEqual(of('plimsoll.data'), ['.plimsoll', 'default', null]);
  deepEqual(of('plimsoll.database'), ['postgres://***@h/d', 'environment', 'PLIMSOLL_DATABASE']);
  match(
    show({ variables, format: 'table' }).out,
    /\nplimsoll\.policy +balanced +PLIMSOLL_POLICY\n/,
  );
});

test('no secret is listed, in no format', () => {
  const variables = {
    OS_PASSWORD: 'hunter2',
    OS_USERNAME: 'u',
    PLIMSOLL_DATABASE: 'postgres://u:hunter2@h/d?sslpassword=hunter2',
    PLIMSOLL_KEYSTONE__URL: 'http://u:hunter2@k/v3',
    PLIMSOLL_AGENT__CONTROL: 'nats://hunter2@n nats://a:hunter2@m',
  };
  for (const format of ['json', 'table'] as const) {
    const { code, out, err } = show({ variables, format });
    deepEqual([code, err], [0, '']);
    ok(!out.includes('hunter2') && out.includes('***'), out);
  }
});

test('a file is judged without being used, with what goes with it', () => {
  match(show({ check: fileOf(good) }).out, /^f\.yaml: nothing is wrong; 4 of \d+ are said\n$/);
  const bad = `plimsoll:
  prot: 9000
  hosts: many
compute:
  provider_config_location: /nonexistent
oslo_policy:
  policy_file: /nonexistent.yaml
`;
  const { code, out, err } = show({ check: fileOf(bad) });
  deepEqual([code, out], [1, '']);
  const [head, ...lines] = err.trimEnd().split('\n');
  equal(head, 'plimsoll: 4 are wrong:');
  match(lines[0] ?? '', /^ {2}f\.yaml:3: plimsoll\.hosts many: it must be a whole number/);
  match(lines[1] ?? '', /^ {2}f\.yaml:2: plimsoll\.prot: .* did you mean plimsoll\.port\?$/);
  match(lines[2] ?? '', /provider configuration cannot be read: .*\/nonexistent/);
  match(lines[3] ?? '', /policy file \/nonexistent\.yaml/);
});

/** What a program says on standard error. */
async function complaint(context: TestContext, run: () => Promise<number>): Promise<string> {
  const said = context.mock.method(console, 'error', () => {});
  equal(await run(), 1);
  const lines = said.mock.calls.map(({ arguments: words }) => String(words[0]));
  said.mock.restore();
  return lines.join('\n').replaceAll(`${directory}/`, '');
}

test('neither program begins anything while something is wrong', async (context) => {
  const data = at('data');
  const file = fileOf(`plimsoll:\n  data: ${data}\n  port: http\nagent:\n  driver: xen\n`);
  const up = await complaint(context, () =>
    controlPlane(['--config', file, '--hots', '1'], ok, {}),
  );
  match(up, /^plimsoll: 3 are wrong:\n {2}--hots: .*\n {2}f\.yaml:3: .*port http.*\n {2}f\.yaml:5/);
  const variables = { PLIMSOLL_CONFIG: file, PLIMSOLL_AGENT__STATE: data };
  const agent = await complaint(context, () => runAgent([], variables));
  match(agent, /: 3 are wrong:\n.*f\.yaml:3: .*\n.*f\.yaml:5: agent\.driver xen.*\n {2}--tokens: /);
  const bad = { PLIMSOLL_AGENT__TOKENS: at('none'), PLIMSOLL_AGENT__STATE: data };
  const files = await complaint(context, () => runAgent([{ flag: 'driver', given: 'x' }], bad));
  match(files, /: 2 are wrong:\n.*--driver x: .*\n.*--tokens: ENOENT/);
  equal(existsSync(data), false);
});
