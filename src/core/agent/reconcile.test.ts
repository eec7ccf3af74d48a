/**
 * Goal: each difference between books and machine is named as what it is, and AU1 to AU3 hold: what
 * an operation owns is left alone, and only what nobody can need is put right.
 * Method: one line of a table for each case; then a property over all mixtures of one server, one
 * guest and two holds, against the rules said once more in words.
 * Mutants tried: `owned` not asked for guests, for servers, for holds; the host not compared;
 * `steady` ignored; memory not compared; a stranger's hold called leaked; `off` called crashed.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { GuestReport, PowerState } from '../ports/order.ts';
import { outcomes } from './outcomes.ts';
import { type AuditedHold, type AuditedServer, classify, type Picture } from './reconcile.ts';

const server = (more: Partial<AuditedServer> = {}): AuditedServer => ({
  uuid: 's',
  host: 'h',
  vm_state: 'active',
  aside_on: null,
  aside_by: null,
  owned: false,
  steady: true,
  waived: [],
  misheld: [],
  ...more,
});
const guest = (more: Partial<GuestReport> = {}): GuestReport => ({
  uuid: 's',
  power: 'running',
  vcpus: 2,
  memory_mib: 2048,
  disk_gib: 10,
  made_by: 'r/boot',
  switched_by: null,
  awaited: false,
  parked: false,
  ...more,
});
const hold = (more: Partial<AuditedHold> = {}): AuditedHold => ({
  consumer_uuid: 's',
  of: 'server',
  amounts: { VCPU: 2, MEMORY_MB: 2048 },
  ...more,
});
const picture = (
  servers: readonly AuditedServer[],
  guests: readonly GuestReport[],
  holds: readonly AuditedHold[],
): Picture => ({ host: 'h', servers, guests, holds, troubles: [] });

const cases: readonly [string, Picture, readonly unknown[]][] = [
  ['all is well', picture([server()], [guest()], [hold()]), []],
  ['nothing at all', picture([], [], []), []],
  [
    'a guest of no server',
    picture([], [guest()], []),
    [{ is: 'unknown-guest', uuid: 's', made_by: 'r/boot' }],
  ],
  [
    'a guest whose server is elsewhere',
    picture([server({ host: 'g' })], [guest()], []),
    [{ is: 'stray-guest', uuid: 's', made_by: 'r/boot', server_host: 'g' }],
  ],
  [
    'a landing that nobody seals any more',
    picture([server({ host: null, vm_state: 'error' })], [guest({ awaited: true })], []),
    [{ is: 'stray-guest', uuid: 's', made_by: 'r/boot', server_host: null }],
  ],
  [
    'what a move set aside, and turned back while its host was away',
    picture([server()], [guest({ parked: true, made_by: 'm/park' })], [hold()]),
    [
      { is: 'left-aside', uuid: 's', parked: 'm/park' },
      { is: 'no-guest', uuid: 's' },
    ],
  ],
  [
    'what a revert set aside beside what its move did, and turned back',
    picture(
      [server({ aside_on: 'h', aside_by: 'm/park' })],
      [guest({ parked: true, made_by: 'm/park' }), guest({ parked: true, made_by: 'v/aside' })],
      [hold()],
    ),
    [
      { is: 'left-aside', uuid: 's', parked: 'v/aside' },
      { is: 'no-guest', uuid: 's' },
    ],
  ],
  [
    'what a move set aside, that is confirmed or reverted later',
    picture(
      [server({ host: 'g', aside_on: 'h', aside_by: 'm/park' })],
      [guest({ parked: true, made_by: 'm/park' })],
      [],
    ),
    [],
  ],
  [
    'what was set aside for a move that is over: its server has another guest here',
    picture([server()], [guest(), guest({ parked: true, made_by: 'm/park' })], [hold()]),
    [{ is: 'stray-guest', uuid: 's', made_by: 'm/park', server_host: 'h' }],
  ],
  [
    'a landing beside what its own move set aside, both left behind',
    picture(
      [server()],
      [guest({ awaited: true, made_by: 'm/landing' }), guest({ parked: true, made_by: 'm/park' })],
      [hold()],
    ),
    [
      { is: 'stray-guest', uuid: 's', made_by: 'm/landing', server_host: 'h' },
      { is: 'left-aside', uuid: 's', parked: 'm/park' },
      { is: 'no-guest', uuid: 's' },
    ],
  ],
  ['a landing of a move', picture([server({ host: 'g', owned: true })], [guest()], [hold()]), []],
  ['a server being booted', picture([server({ owned: true })], [], [hold()]), []],
  [
    'a guest that crashed',
    picture([server()], [guest({ power: 'crashed' })], [hold()]),
    [{ is: 'crashed', uuid: 's', after: 'r/boot' }],
  ],
  [
    'a guest that crashed after it was switched',
    picture([server()], [guest({ power: 'crashed', switched_by: 'r/switch' })], [hold()]),
    [{ is: 'crashed', uuid: 's', after: 'r/switch' }],
  ],
  [
    'a guest that shut itself down',
    picture([server()], [guest({ power: 'off' })], [hold()]),
    [{ is: 'shut-down', uuid: 's' }],
  ],
  [
    'a paused guest that crashed',
    picture([server({ vm_state: 'paused' })], [guest({ power: 'crashed' })], [hold()]),
    [{ is: 'shut-down', uuid: 's' }],
  ],
  [
    'a stopped server’s guest that is off',
    picture([server({ vm_state: 'stopped' })], [guest({ power: 'off' })], [hold()]),
    [],
  ],
  [
    'a paused server’s guest that is paused',
    picture([server({ vm_state: 'paused' })], [guest({ power: 'paused' })], [hold()]),
    [],
  ],
  [
    'a suspended server’s guest that is suspended',
    picture([server({ vm_state: 'suspended' })], [guest({ power: 'suspended' })], [hold()]),
    [],
  ],
  [
    'a stopped server’s guest that runs',
    picture([server({ vm_state: 'stopped' })], [guest()], [hold()]),
    [{ is: 'runs-though-stopped', uuid: 's', power: 'running', after: 'r/boot' }],
  ],
  [
    'a crashed guest of a stopped server',
    picture([server({ vm_state: 'stopped' })], [guest({ power: 'crashed' })], [hold()]),
    [],
  ],
  ['a server in error', picture([server({ vm_state: 'error' })], [], []), []],
  ['no guest', picture([server()], [], [hold()]), [{ is: 'no-guest', uuid: 's' }]],
  ['no guest, but it has just been booted', picture([server({ steady: false })], [], [hold()]), []],
  ['no hold', picture([server()], [guest()], []), [{ is: 'no-hold', uuid: 's' }]],
  [
    'more held than taken',
    picture([server()], [guest()], [hold({ amounts: { VCPU: 2, MEMORY_MB: 4096 } })]),
    [{ is: 'sizes', uuid: 's', resource_class: 'MEMORY_MB', held: 4096, taken: 2048 }],
  ],
  [
    'pinned and shared vCPUs together',
    picture([server()], [guest()], [hold({ amounts: { VCPU: 1, PCPU: 1, MEMORY_MB: 2048 } })]),
    [],
  ],
  [
    'a hold of a run that has ended',
    picture([], [], [hold({ consumer_uuid: 'r', of: 'ended run' })]),
    [{ is: 'leaked-hold', consumer_uuid: 'r' }],
  ],
  [
    'a hold of nobody, without an allocation',
    picture([], [], [hold({ consumer_uuid: 'x', of: 'nobody known', amounts: {} })]),
    [{ is: 'bare-hold', consumer_uuid: 'x' }],
  ],
  [
    'other CPUs held than the guest has',
    picture([server({ misheld: ['pins', 'cells'] })], [guest()], [hold()]),
    [{ is: 'wrong-hold', uuid: 's', parts: 'pins, cells' }],
  ],
  [
    'a paused server’s guest that runs',
    picture([server({ vm_state: 'paused' })], [guest()], [hold()]),
    [{ is: 'wrong-power', uuid: 's', vm_state: 'paused', power: 'running' }],
  ],
  [
    'a server that was resized by no move that is known',
    picture([server({ vm_state: 'resized' })], [guest({ power: 'off' })], [hold()]),
    [{ is: 'no-move', uuid: 's' }],
  ],
  ['a hold of a run', picture([], [], [hold({ consumer_uuid: 'r', of: 'run' })]), []],
  [
    'a hold of somebody else',
    picture([], [], [hold({ consumer_uuid: 'x', of: 'nobody known' })]),
    [{ is: 'strange-hold', consumer_uuid: 'x' }],
  ],
  [
    'a hold where its server is not',
    picture([server({ host: 'g' })], [], [hold()]),
    [{ is: 'hold-elsewhere', consumer_uuid: 's', server_host: 'g' }],
  ],
];

for (const [name, shown, expected] of cases) {
  test(name, () => deepEqual(classify(shown), expected));
}

const flag = fc.boolean();
const power = fc.constantFrom<PowerState>('running', 'off', 'paused', 'suspended', 'crashed');
const seldom = fc.constantFrom(true, false, false, false);
const pictures = fc.record({
  server: fc.option(
    fc.record({
      host: fc.constantFrom('h', 'h', 'g', null),
      vm_state: fc.constantFrom(
        'building',
        'active',
        'active',
        'stopped',
        'paused',
        'suspended',
        'resized',
        'error',
      ),
      owned: seldom,
      steady: flag,
    }),
  ),
  guest: fc.option(
    fc.record({ power, awaited: seldom, parked: seldom, vcpus: fc.constantFrom(2, 4) }),
  ),
  held: flag,
  other: fc.option(fc.constantFrom<AuditedHold['of']>('run', 'ended run', 'nobody known')),
});

test('an operation’s own is left alone, and what is put right is nobody’s (AU1–AU3)', () => {
  const seen: Record<string, number> = {
    ...{ destroy: 0, unpark: 0, start: 0, 'switch-off': 0, stopped: 0, free: 0, hold: 0, fail: 0 },
    ...{ settle: 0, told: 0, owned: 0 },
  };
  const count = (what: string) => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  const property = fc.property(pictures, ({ server: s, guest: g, held, other }) => {
    const shown = picture(s === null ? [] : [server(s)], g === null ? [] : [guest(g)], [
      ...(held && s !== null ? [hold()] : []),
      ...(other === null ? [] : [hold({ consumer_uuid: 'x', of: other })]),
    ]);
    const found = classify(shown);
    for (const difference of found) {
      const repair = outcomes[difference.is].repair;
      count(repair ?? 'told');
      if (repair === 'destroy') ok(s === null || (!s.owned && (s.host !== 'h' || g?.awaited)));
      if (repair === 'unpark') ok(s !== null && !s.owned && s.host === 'h' && g?.parked === true);
      if (repair === 'start')
        ok(s !== null && !s.owned && s.vm_state === 'active' && g?.power === 'crashed');
      if (repair === 'stopped') ok(s !== null && !s.owned && /^(active|paused)$/.test(s.vm_state));
      if (repair === 'settle') ok(s?.vm_state === 'resized' && !s.owned && s.steady);
      if (repair === 'switch-off') ok(s?.vm_state === 'stopped' && !s.owned && s.steady);
      if (repair === 'hold' || repair === 'fail') ok(s !== null && !s.owned && s.steady);
      if (difference.is === 'hold-elsewhere') ok(s !== null && !s.owned && s.host !== 'h');
      else if (repair === 'free') equal(other, 'ended run');
    }
    if (s?.owned === true) {
      count('owned');
      ok(found.every((one) => 'consumer_uuid' in one && one.consumer_uuid === 'x'));
    }
    if (g !== null && !(s?.owned ?? false) && s?.host !== 'h') {
      ok(found.some((one) => outcomes[one.is].repair === 'destroy'));
    }
    equal(new Set(found.map((one) => JSON.stringify(one))).size, found.length);
  });
  fc.assert(property, { numRuns: 20_000 });
  for (const [outcome, times] of Object.entries(seen)) ok(times > 0, `never tried: ${outcome}`);
});
