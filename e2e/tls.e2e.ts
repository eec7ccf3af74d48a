/**
 * Goal: the program serves TLS on every address, and an agent comes in with the certificate and the
 * token of its host, and not without the certificate.
 * Method: the real program and real agents, with an authority of the test's own.
 */
import { equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { promisify } from 'node:util';
import { authority } from '../src/real/authority.fixture.ts';
import { CLI, ended, startAgent } from './agent-process.ts';
import { startProduct, until } from './product.ts';

test('TLS on every address, and agents by certificate and token', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-e2e-tls-'));
  const file = (name: string) => join(directory, name);
  const ours = authority('ours');
  await writeFile(file('ca'), ours.cert);
  for (const name of ['localhost', 'a']) {
    const { cert, key } = ours.issue(name, [name]);
    await writeFile(file(`${name}.crt`), cert);
    await writeFile(file(`${name}.key`), key, { mode: 0o600 });
  }
  const tls = ['--tls-cert', file('localhost.crt'), '--tls-key', file('localhost.key')];
  const args = ['--host', '0.0.0.0', '--hosts', '0', ...tls, '--agent-ca', file('ca')];
  const product = await startProduct({ args });
  after(async () => {
    await product.stop('SIGKILL');
    await product.clear();
    await rm(directory, { recursive: true });
  });
  match(product.url, /^https:/);
  const url = `https://localhost:${new URL(product.url).port}`;
  const clouds = file('clouds.yaml');
  const said = await readFile(product.cloudsYaml, 'utf8');
  await writeFile(clouds, said.replaceAll(product.url, url));

  const env = { ...process.env, NODE_EXTRA_CA_CERTS: file('ca') };
  const plimsoll = async (...verb: string[]) =>
    (await promisify(execFile)(process.execPath, [CLI, ...verb, '--clouds', clouds], { env }))
      .stdout;
  await writeFile(file('tokens'), await plimsoll('host', 'token', 'a'), { mode: 0o600 });
  const common = ['--control', url, '--tokens', file('tokens'), '--ca', file('ca')];

  const bare = await startAgent([...common, '--state', file('bare')]);
  match(await plimsoll('host', 'list', '--format', 'json'), /^\[\]/, 'a token is not enough');
  await ended(bare, 'SIGTERM');
  const shown = ['--certificates', directory];
  const agent = await startAgent([...common, ...shown, '--state', file('state')]);
  await until(
    () => plimsoll('host', 'list', '--format', 'json'),
    (hosts) => hosts.includes('"up"'),
    20,
  );
  match(await plimsoll('status'), /is ready/);
  await ended(agent, 'SIGTERM');
  equal(await product.stop(), 0);
});
