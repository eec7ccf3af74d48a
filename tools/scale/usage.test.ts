/**
 * Goal: processor time and memory are told by part, children with those who began them, and nobody
 * else's.
 * Method: this process works for a while, and so does a child that is named as another part; a
 * child that is named nowhere counts to us.
 */
import { equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import test from 'node:test';
import { childrenOf, type Part, usageOf } from './usage.ts';

const WORK_MS = 150;
const working = `const end = Date.now() + ${WORK_MS}; while (Date.now() < end); console.log('done'); setInterval(() => {}, 1e6)`;

test('each part has what its processes took', async () => {
  const children = [
    spawn(process.execPath, ['-e', working]),
    spawn(process.execPath, ['-e', working]),
  ];
  await Promise.all(children.map(({ stdout }) => new Promise((said) => stdout.once('data', said))));
  const [named, other] = children.map(({ pid = 0 }) => pid);
  ok(childrenOf(process.pid).has(named ?? 0));
  const alone = usageOf(new Map<number, Part>([[process.pid, 'load']])).get('load');
  const roots = new Map<number, Part>([
    [process.pid, 'load'],
    [named ?? 0, 'agents'],
  ]);
  const both = usageOf(roots);
  equal(both.size, 2);
  const [load, agents] = [both.get('load'), both.get('agents')];
  ok(agents !== undefined && load !== undefined && alone !== undefined);
  ok(agents.cpu_s > 0 && agents.rss_mib > 10, `${JSON.stringify(agents)}`);
  ok(load.rss_mib < alone.rss_mib, 'the named child is not told twice');
  const without = usageOf(new Map<number, Part>([[other ?? 0, 'broker']])).get('broker');
  ok(without !== undefined && load.rss_mib > without.rss_mib, 'the other child is ours');
  for (const child of children) child.kill('SIGKILL');
});
