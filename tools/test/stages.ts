/** The stages of `npm test`, in the order in which they run: what is quick to fail comes first. */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, root, run } from './command.ts';
import { computeConformance } from './compute-conformance.ts';
import { nodeTest } from './node-test.ts';
import { counted, failed, leftOut, type Outcome, passed, type Stage, sum } from './stage.ts';

/** What the simulator has to live through on every change. */
const SEEDS = 500;
const CORES = 2;
/** How long faults strike a real cluster; `tools/cluster-check --minutes 60` is for releases. */
const CLUSTER_MINUTES = 2;

const files = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).toSorted();

/** A stage that is one command, which passes or fails as a whole. */
function whole(name: string, about: string, command: string, args: readonly string[]): Stage {
  const run1 = async (): Promise<Outcome> => {
    const { code, output } = await run(command, args);
    return code === 0 ? passed : failed(`${name}: ${code === null ? output : `exit ${code}`}`);
  };
  return { name, about, quick: true, needs: [], run: run1 };
}

const node = (name: string, about: string, ...args: string[]): Stage =>
  whole(name, about, process.execPath, args);

/** Tests that drive the running program; what they need and is not here is skipped by name. */
async function endToEnd(absent: readonly string[]): Promise<Outcome> {
  return sum([
    await nodeTest(files('e2e/**/*.e2e.ts'), 1),
    ...absent.map((name) => leftOut(`tests that need ${name}: apt-get install it`)),
  ]);
}

/** Shares the seeds out between the cores; each share ends with a line of JSON. */
async function seeds(): Promise<Outcome> {
  const share = SEEDS / CORES;
  const shares = Array.from({ length: CORES }, async (_, index): Promise<Outcome> => {
    const from = String(1 + index * share);
    const args = ['--from', from, '--seeds', String(share), '--format', 'json'];
    const { code, output } = await run(process.execPath, ['dist/main/sim.js', ...args]);
    return shareOutcome(code, lastLine(output), share);
  });
  return sum(await Promise.all(shares));
}

/** Real processes on a real database, struck by faults; its last line has the totals. */
async function cluster(absent: readonly string[]): Promise<Outcome> {
  if (absent.length > 0) return leftOut(`the cluster needs ${absent.join(', ')}`);
  const args = ['--minutes', String(CLUSTER_MINUTES), '--format', 'json'];
  const { code, output } = await run('tools/cluster-check', args);
  return code === 0 ? passed : failed(`cluster: exit ${code}, ${lastLine(output)}`);
}

export function shareOutcome(code: number | null, line: string, share: number): Outcome {
  const report = parsed(line);
  if (report === null) return failed(`the simulator ended with ${code} and no report: ${line}`);
  const bad = report.violations + (report.seeds === share ? 0 : 1) + (code === 0 ? 0 : 1);
  const notes = [bad > 0 ? `seeds: exit ${code}, ${line}` : `seeds: ${line}`];
  return { passed: Math.max(0, share - bad), failed: Math.min(bad, share), skipped: 0, notes };
}

function parsed(line: string): { seeds: number; violations: number } | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'violations' in value
      ? (value as { seeds: number; violations: number })
      : null;
  } catch {
    return null;
  }
}

const conformanceFolder = (): string =>
  process.env['PLIMSOLL_CONFORMANCE'] ?? join(root, '../shared/conformance');

/** Placement's own functional tests against our server, when the folder with them is at hand. */
async function conformance(absent: readonly string[]): Promise<Outcome> {
  const folder = join(conformanceFolder(), 'placement');
  if (!existsSync(join(folder, 'run.py'))) {
    return {
      passed: 0,
      failed: 0,
      skipped: 1,
      notes: ['skipped: conformance: PLIMSOLL_CONFORMANCE names no folder with placement/run.py'],
    };
  }
  if (absent.length > 0) return leftOut(`conformance needs ${absent.join(', ')}`);
  const { output } = await run('/usr/bin/python3', [
    join(folder, 'run.py'),
    ...['--gabbits', join(folder, 'gabbits')],
    ...['--start', `${join(root, 'tools/placement-conformance')} {port} {db}`],
  ]);
  return counted('conformance', lastLine(output));
}

const clients = [
  'python3-openstackclient',
  'python3-osc-placement',
  'golang-go',
  'golang-github-gophercloud-gophercloud-dev',
  'keystone',
];
const realPlacement = ['python3-placement', 'uwsgi-core', 'uwsgi-plugin-python3'];

export const stages: readonly Stage[] = [
  node('build', 'types, and what is run from dist', 'tools/bootstrap.mjs', 'build'),
  whole('lint', 'format and habits', 'biome', ['ci', '--error-on-warnings', '--colors=off']),
  whole('promises', 'promises that nobody waits for', 'oxlint', []),
  whole('unused', 'dead files, exports and packages', 'knip', []),
  node('tidy', 'walls, sizes and banned words', 'tools/tidy/main.ts'),
  {
    name: 'tools',
    about: 'the tests of these tools and of the benchmarks',
    quick: true,
    needs: [],
    run: () => nodeTest(files('tools/**/*.test.ts', 'bench/**/*.test.ts'), CORES),
  },
  {
    name: 'unit',
    about: 'the tests beside the code',
    quick: false,
    // Real guests and a real database server; skipped without.
    needs: ['qemu-system-x86', 'qemu-utils', 'busybox-static', 'postgresql', 'nats-server'],
    run: () => {
      // What is drawn, and not played whole, is drawn anew every day.
      process.env['PAIRS_SEED'] ??= new Date().toISOString().slice(0, 10);
      return nodeTest(files('dist/**/*.test.js'), CORES);
    },
  },
  {
    name: 'seeds',
    about: `${SEEDS} histories of the simulated world`,
    quick: false,
    needs: [],
    run: seeds,
  },
  {
    name: 'e2e',
    about: 'the running program: real clients, a real browser, the real Placement, kill -9',
    quick: false,
    needs: [...clients, ...realPlacement, 'chromium', 'postgresql'],
    run: endToEnd,
  },
  {
    name: 'cluster',
    about: `${CLUSTER_MINUTES} minutes of several control planes on one database, under faults`,
    quick: false,
    needs: ['postgresql', 'nats-server'],
    run: cluster,
  },
  {
    name: 'conformance',
    about: "Placement's own functional tests",
    quick: false,
    needs: ['python3-gabbi'],
    run: conformance,
  },
  {
    name: 'compute',
    about: 'compute as unmodified clients see it: shapes, and tests of tempest',
    quick: false,
    needs: ['python3-tempest'],
    run: (absent) => computeConformance(join(conformanceFolder(), 'compute'), absent),
  },
];
