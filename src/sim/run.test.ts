/**
 * Goal: a seed is one history, to the byte; and the histories that CI plays break no promise.
 * Method: one seed twice, and with another seed played in between, since worlds of one process
 * share every module; then some seeds, counting that each kind of thing really happened.
 */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { render } from './render.ts';
import { type Outcome, runSeed } from './run.ts';

const SEEDS = 40;

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the same seed gives the same trace, to the byte, whatever was played before', async () => {
  const first = await runSeed('12', { drain });
  const other = await runSeed('13', { drain });
  const again = await runSeed('12', { drain });
  deepEqual(again.trace, first.trace);
  equal(again.digest, first.digest);
  notEqual(other.digest, first.digest);
});

test(`${SEEDS} seeds break no promise, and in them everything was tried`, async () => {
  const seen = new Map<string, number>();
  const see = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (let seed = 1000; seed < 1000 + SEEDS; seed++) {
    const outcome = await runSeed(String(seed), { drain });
    equal(outcome.violations.length, 0, `\n${render(outcome)}`);
    noticed(outcome, see);
  }
  for (const [what] of signs) ok((seen.get(what) ?? 0) > 0, `never happened: ${what}`);
});

/** What a trace shows of the things that the workload and the mishaps are there for. */
const signs: readonly (readonly [string, RegExp])[] = [
  ['a live migration ended', /live-migrate of \w+ done/],
  ['a live migration was undone', /live-migrate of \w+ undone/],
  ['a create was undone', /create-server of \w+ undone/],
  ['a delete cancelled a run', /undo\w+ \(cancelled\)/],
  ['a guest went on before all of it was there', /host-\d: a guest runs, and fetches its memory/],
  ['a lost switchover was settled', /switchover@1 settling/],
  ['a server was stopped', /stop-server of \w+ done/],
  ['a server was rebooted', /reboot-server of \w+ done/],
  ['a lost switch was settled', /switch@1 settling/],
  ['a server waited for room', /place@\d started \(0\) : No valid host/],
  ['another host was tried', /create-server of \w+ retreating/],
  ['a host went down', /host-\d down/],
  ['the control plane crashed', /! crash of the control plane/],
  ['an agent crashed', /! crash of an agent/],
  ['a host died', /! death of a host/],
  ['a partition', /! partition/],
  ['a guest had CPUs of its own', /has CPU \d+ \(vcpu\)/],
  ['its emulator had one', /has CPU \d+ \(emulator\)/],
  ['a guest had pages', /has \d+ pages of 2048 KiB/],
  ['a guest had a device', /has device serial:card/],
  ['a guest had a part of one', /has device \S+\/vf\/\d/],
  ['a guest had a namespace', /has device pmem:4GB-\d/],
  ['it was let go', /− \w+ has device pmem:4GB-\d/],
  ['devices were let go', /− \w+ has device/],
  ['they were let go', /− \w+ has \d+ pages/],
  ['a commit was carried out unheard', /! store commits unheard/],
  ['a commit was dropped', /! store drops a commit/],
  ['a request was repeated', /! wire .*repeat/],
];

function noticed({ trace }: Outcome, see: (what: string) => void): void {
  const text = trace.join('\n');
  for (const [what, sign] of signs) if (sign.test(text)) see(what);
}
