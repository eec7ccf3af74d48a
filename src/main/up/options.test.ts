/** Goal: wrong options are refused in one line that names them. Method: examples. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { upOptions } from './options.ts';

test('without options everything has a default', () => {
  const read = upOptions([], {});
  ok(read.is === 'done' && read.value !== 'help');
  const { settings, pci, scheduler, ...others } = read.value;
  deepEqual(others, {
    data: '.plimsoll',
    database: null,
    nats: null,
    nats_key: null,
    shared: false,
    images: null,
    host: '127.0.0.1',
    port: 8780,
    tls: null,
    metrics_token: null,
    hosts: 3,
    reclaim_after_s: 0,
    shelved_offload_s: 0,
    confirm_window_s: 0,
    requests_per_s: 10_000,
    resize_to_same_host: false,
    force_config_drive: false,
    live_migration: { s_per_gib: 800, at_deadline: 'abort' },
    qemu: 'auto',
    auth: { is: 'own' },
    networks: [],
    shares: { cpu_shared_set: null, cpu_dedicated_set: null, reserved_pages: [] },
  });
  deepEqual([settings.files.entries, scheduler.policy, pci.devices.length], [[], 'spread', 3]);
  deepEqual(upOptions(['--help'], {}), { is: 'done', value: 'help' });
});

test('CPUs and pages of the hosts are read as upstream writes them', () => {
  const said = ['--cpu-shared-set', '0-2,^1', '--reserved-huge-pages', 'node:1,size:1GB,count:2'];
  const decision = upOptions([...said, '--reserved-huge-pages', 'node:0,size:2048,count:9'], {});
  const shares = decision.is === 'done' && decision.value !== 'help' && decision.value.shares;
  deepEqual(shares, {
    cpu_shared_set: [0, 2],
    cpu_dedicated_set: null,
    reserved_pages: [
      { cell: 1, size_kib: 1_048_576, count: 2 },
      { cell: 0, size_kib: 2048, count: 9 },
    ],
  });
});

test('what is wrong is named, with what is allowed', () => {
  const whole = ['--shared', '--database', 'postgres://h/d', '--images', '/i', '--hosts', '0'];
  const wrong: readonly [string[], RegExp][] = [
    [['--port', 'http'], /^--port http: .* 0 to 65535$/],
    [['--port', '70000'], /^--port 70000: /],
    [['--hosts', '-1'], /--hosts/],
    [
      ['--cpu-shared-set', '20-30'],
      /^the simulated hosts: cpu_shared_set names CPU 24, .*24 CPUs$/,
    ],
    [['--qemu', 'perhaps'], /^--qemu perhaps: it must be auto, off, required$/],
    [['--keystone', 'keystone:5000'], /^--keystone: it must be a URL/],
    [['--keystone', 'http://k/v3'], /OS_USERNAME and OS_PASSWORD$/],
    [['--keystone', 'http://k/v3', '--no-auth'], /choose one$/],
    [['--bridge', 'br 0'], /^--bridge br 0: it must be/],
    [['--prot', '80'], /^--prot: there is no such setting; did you mean --port\?$/],
    [['--database', 'db.example:5432'], /^--database: it must be a URL/],
    [['--cpu-shared-set', '3-1'], /^--cpu-shared-set 3-1: .* such as 0-3,\^2$/],
    [
      ['--reserved-huge-pages', 'node:0,size:2MB'],
      /^--reserved-huge-pages node.*2MB: .*,count:64$/,
    ],
    [['--shared=no', '--port'], /^--port: say its value after it$/],
    [['--data', '--shared=no'], /^--data: say its value after it$/],
    [['here'], /^here: flags begin with --$/],
    [['--nats', 'nats://h'], /^--nats goes with a --nats-key; /],
    [['--nats-key', 'k'], /^--nats-key goes with a --nats; /],
    [['--nats', 'h:4222', '--nats-key', 'k'], /^--nats: it must be a URL/],
    [['--shared', '--images', '/i', '--hosts', '0'], /--database$/],
    [['--shared', '--database', 'postgres://h/d', '--hosts', '0'], /--images$/],
    [[...whole, '--qemu', 'required'], /^--qemu required: not with --shared/],
    [['--shared', '--database', 'postgres://h/d', '--images', '/i'], /--hosts 0.*plimsoll agent/],
    [
      ['--host', '0.0.0.0'],
      /^--host 0\.0\.0\.0: only loopback .*127.0.0.1, .* without TLS; say --tls-cert/,
    ],
  ];
  for (const [args, line] of wrong) {
    const decision = upOptions(args, {});
    equal(decision.is, 'no', args.join(' '));
    const [why = '', ...more] = decision.is === 'no' ? decision.why : [];
    match(why, line);
    deepEqual(more, []);
  }
});

test('a database server is named by an option, or by the environment where nobody sees it', () => {
  const databaseOf = (args: readonly string[], environment: NodeJS.ProcessEnv) => {
    const options = upOptions(args, environment);
    return options.is === 'done' && options.value !== 'help' ? options.value.database : undefined;
  };
  const [one, other] = ['postgres://a@h/d', 'postgresql://b:secret@h/d'];
  equal(databaseOf(['--database', one], {}), one);
  equal(databaseOf([], { PLIMSOLL_DATABASE: other }), other);
  equal(databaseOf(['--database', one], { PLIMSOLL_DATABASE: other }), one);
});
