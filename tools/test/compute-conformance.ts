/**
 * Compute, identity and images as unmodified clients see them, on one fresh installation: a checker
 * of each answer's shape at six microversions, and those tests of tempest that must-pass.txt names.
 *
 * What is not in that list is told as open, never as passed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, root, run } from './command.ts';
import { counted, failed, leftOut, type Outcome, sum } from './stage.ts';

const MUST_PASS = join(root, 'tools/test/must-pass.txt');
const START_MS_MAX = 60_000;

export async function computeConformance(
  folder: string,
  absent: readonly string[],
): Promise<Outcome> {
  if (!existsSync(join(folder, 'validate.py'))) {
    const note = 'skipped: compute: PLIMSOLL_CONFORMANCE names no folder with compute/validate.py';
    return { passed: 0, failed: 0, skipped: 1, notes: [note] };
  }
  if (absent.length > 0) return leftOut(`compute needs ${absent.join(', ')}`);
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-compute-'));
  const started = await start(directory);
  try {
    if (started.facts === null) return failed('compute: tools/compute-conformance did not start');
    return sum([await shapes(folder, started.facts), await tempest(folder, started.facts)]);
  } finally {
    await started.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Facts {
  readonly auth_url: string;
  readonly images: readonly [string, string];
  readonly flavors: readonly [string, string];
}

async function start(directory: string) {
  const port = String(await freePort());
  const program = spawn(join(root, 'tools/compute-conformance'), [port, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<null>((resolve) => program.once('exit', () => resolve(null)));
  const said = new Promise<string>((resolve) =>
    program.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line)),
  );
  const late = new Promise<null>((resolve) => setTimeout(resolve, START_MS_MAX, null).unref());
  const line = await Promise.race([said, ended, late]);
  const stop = async () => {
    program.kill('SIGTERM');
    await ended;
  };
  return { facts: line === null ? null : (JSON.parse(line) as Facts), stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function shapes(folder: string, { auth_url, images }: Facts): Promise<Outcome> {
  const { output } = await run('/usr/bin/python3', [
    join(folder, 'validate.py'),
    ...['--auth-url', auth_url, '--password', 'pw', '--image', images[0], '--quiet'],
    ...['--contract', join(folder, 'contract.json')],
  ]);
  return counted('compute shapes', lastLine(output));
}

async function tempest(folder: string, facts: Facts): Promise<Outcome> {
  const { auth_url, images, flavors } = facts;
  const { output } = await run(join(folder, 'run-tempest.sh'), [auth_url, ...images, ...flavors], {
    LIST: MUST_PASS,
    HYPERVISOR_TYPE: 'simulated',
  });
  const open = namesIn(join(folder, 'tempest-open.txt')) - namesIn(MUST_PASS);
  return tempestOutcome(output, namesIn(MUST_PASS), open);
}

const namesIn = (path: string): number =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '').length;

/** Every test named must have passed: one that was skipped or never began has failed. */
export function tempestOutcome(output: string, wanted: number, open: number): Outcome {
  const passed = Number(/^ - Passed: (\d+)$/m.exec(output)?.[1] ?? 0);
  const missed = Math.max(0, wanted - passed);
  const notes = missed > 0 ? [`tempest: ${missed} of ${wanted} tests did not pass`] : [];
  return {
    passed: Math.min(passed, wanted),
    failed: missed,
    skipped: open,
    notes: [
      ...notes,
      `skipped: ${open} of tempest's tests are open: not in tools/test/must-pass.txt`,
    ],
  };
}
