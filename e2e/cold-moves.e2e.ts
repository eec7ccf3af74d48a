/**
 * Goal: a real guest that is resized, or moved while it is off, finds its disk as it left it, and
 * has the memory of its flavor, on the host that the API names and on no other.
 * Method: the Compute API, two agents with QEMU on two machines. Whether it is so the guest itself
 * says on its console, each time it begins: how much memory it sees, and what is on its disk.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { missing } from '../src/real/qemu/small-guest.ts';
import { Moves } from './moves.ts';
import { type Side, TwoMachines } from './netns.ts';
import { until } from './product.ts';
import { other, TwoHosts } from './two-hosts.ts';

const skip = missing() ?? TwoMachines.missing() ?? false;
/** The kernel keeps some of it for itself. */
const KERNEL_MIB = 48;
let lab: TwoHosts;
let moves: Moves;

before(async () => {
  if (skip !== false) return;
  lab = await TwoHosts.up('qemu');
  moves = new Moves(lab, await lab.boot());
});
after(() => lab?.down());

interface Begun {
  readonly memory_mib: number;
  readonly found: string;
}

/** What it said each time that it began, the last one at the end. */
function begun(on: Side): readonly Begun[] {
  const said = lab.consoleOn(on).matchAll(/^MemTotal: +(\d+) kB\r?\nfound (.*?)\r?$/gm);
  return [...said].map(([, kib, found = '']) => ({ memory_mib: Number(kib) / 1024, found }));
}

const act = (action: object) => lab.api('POST', `/compute/v2.1/servers/${lab.id}/action`, action);

const reaches = (wanted: string) =>
  until(
    () => lab.server(),
    ({ status }) => status === wanted || status === 'ERROR',
  );

/** Asks for it, waits until it runs there, and says that it may stay. */
async function moved(action: object): Promise<Side> {
  const { status, body } = await act(action);
  equal(status, 202, JSON.stringify(body));
  const server = await reaches('VERIFY_RESIZE');
  equal(server.status, 'VERIFY_RESIZE', JSON.stringify(server.fault));
  const confirmed = await act({ confirmResize: null });
  equal(confirmed.status, 204, JSON.stringify(confirmed.body));
  const at_rest = await reaches('ACTIVE');
  return lab.sideOf(at_rest['OS-EXT-SRV-ATTR:host']);
}

async function beganAnew(on: Side, times: number): Promise<Begun> {
  await until(
    async () => begun(on).length,
    (count) => count === times,
  );
  return begun(on).at(-1) as Begun;
}

test('a resized guest has more memory, and its disk', { skip }, async () => {
  const from = moves.side;
  const first = await beganAnew(from, 1);
  equal(first.found.replaceAll('\0', ''), '');
  await until(
    async () => moves.lastOn(from),
    (last) => last > 12, // so it has written its tenth
  );
  const on = await moved({ resize: { flavorRef: await lab.flavor('larger', 192) } });
  const after_it = await beganAnew(on, 2);
  match(after_it.found, /^record 10$/);
  ok(first.memory_mib > 128 - KERNEL_MIB && first.memory_mib < 128, `${first.memory_mib} MiB`);
  const more_mib = after_it.memory_mib - first.memory_mib;
  ok(more_mib > 56 && more_mib <= 64, `${more_mib} MiB more`);
  deepEqual([lab.qemus(on).length, lab.qemus(other(on)).length], [1, 0]);
  moves.side = on;
});

test('a guest that is moved while it is off is elsewhere, with its disk', { skip }, async () => {
  const from = moves.side;
  const times = begun(from).length;
  const on = await moved({ migrate: null });
  equal(on, other(from));
  match((await beganAnew(on, times + 1)).found, /^record 10$/);
  deepEqual([lab.qemus(on).length, lab.qemus(from).length], [1, 0]);
});
