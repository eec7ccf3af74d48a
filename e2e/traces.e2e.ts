/**
 * Goal: one request of a client's is one trace, from its own `traceparent` to what the agent of a
 * host did for it in another process, by either line.
 * Method: the real program and real agents, with OpenTelemetry's SDK brought by NODE_OPTIONS as an
 * operator would, which writes each span to a file; three servers are asked for at once, and the
 * trace of each is read as a tree.
 * Mutants that these killed: a run that does not know what began it, or that takes it from whoever
 * asked before; a frame without its trace; the
 * agent's span begun by itself; book steps that are not told.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { hasNats, startNats } from '../src/real/nats/server.fixture.ts';
import { startAgent } from './agent-process.ts';
import { apiOf, logIn, type Product, ROOT, startProduct, until } from './product.ts';

interface SpanLine {
  readonly process: string;
  readonly name: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const scratch = await mkdtemp(join(tmpdir(), 'plimsoll-traces-'));
after(() => rm(scratch, { recursive: true, force: true }));
const file = join(scratch, 'spans');
process.env['NODE_OPTIONS'] = `--import ${join(ROOT, 'e2e/traces-sdk.mjs')}`;
process.env['SPANS'] = file;

/** Of clients that ask at the same time. */
const traceIds = [1, 2, 3].map((nth) => `${nth}af7651916cd43dd8448eb211c80319c`);
const clients = 'b7ad6b7169203331';

async function spans(of: string): Promise<readonly SpanLine[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const all = text.split('\n').filter((line) => line !== '');
  return all.map((line) => JSON.parse(line) as SpanLine).filter(({ trace }) => trace === of);
}

async function create(product: Product): Promise<void> {
  const api = await apiOf(product);
  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name: 'one', flavorRef: '1', imageRef: images[0].id, networks: 'none' };
  const token = await logIn(product);
  const asked = traceIds.map((id) =>
    fetch(`${product.url}/compute/v2.1/servers`, {
      method: 'POST',
      headers: {
        'x-auth-token': token,
        'content-type': 'application/json',
        'openstack-api-version': 'compute 2.96',
        traceparent: `00-${id}-${clients}-01`,
      },
      body: JSON.stringify({ server }),
    }),
  );
  for (const { status } of await Promise.all(asked)) equal(status, 202);
}

/** Names of spans, from the client's on, each beneath its parent. */
function tree(all: readonly SpanLine[], parent: string, depth = 0): string[] {
  const here = all.filter((span) => span.parent === parent);
  return here.flatMap((span) => [
    `${' '.repeat(depth)}${span.name} (${span.process})`,
    ...tree(all, span.id, depth + 1),
  ]);
}

const expected = [
  'POST /compute/v2.1/servers (control-plane.js)',
  ' operation create-server (control-plane.js)',
  '  step begin (control-plane.js)',
  '  step place (control-plane.js)',
  '  step boot (control-plane.js)',
  '   agent boot (cli.js)',
  '  step active (control-plane.js)',
];

for (const line of ['WebSocket', 'NATS'] as const) {
  const skip = line === 'NATS' && !hasNats ? 'no NATS here' : false;
  test(`a request is one trace, as far as an agent by ${line}`, { skip }, async () => {
    await rm(file, { force: true });
    const far = { host: 'far', token: 'a-token-of-far-0123456789' };
    const broker = line === 'NATS' ? await startNats([far]) : null;
    const key = join(scratch, 'control.key');
    if (broker !== null) await writeFile(key, broker.seed, { mode: 0o600 });
    const nats = broker === null ? [] : ['--nats', broker.url, '--nats-key', key];
    const product = await startProduct({ args: ['--hosts', '0', ...nats] });
    after(async () => {
      await product.stop('SIGKILL');
      await product.clear();
      await broker?.stop();
    });
    const tokens = join(scratch, 'tokens');
    const api = await apiOf(product);
    const { body } = await api('POST', '/plimsoll/v1/hosts/far/token');
    const token = broker === null ? body.token : far.token;
    await writeFile(tokens, `far ${token}\n`, { mode: 0o600 });
    const control = broker?.url ?? product.url;
    await startAgent(['--control', control, '--tokens', tokens, '--state', scratch]);
    await until(
      async () => (await api('GET', '/plimsoll/v1/hosts')).body.hosts as unknown[],
      (hosts) => hosts.length > 0,
    );
    await create(product);
    for (const id of traceIds) {
      const all = await until(
        () => spans(id),
        (found) => found.some(({ name }) => name.startsWith('operation')),
        400,
      );
      const shape = tree(all, clients);
      deepEqual(shape.toSorted(), expected.toSorted(), shape.join('\n'));
      const operation = all.find(({ name }) => name === 'operation create-server');
      equal(operation?.attributes['plimsoll.state'], 'done');
    }
  });
}
