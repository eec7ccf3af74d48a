/** Goal: wrong options are refused in one line that names them. Method: examples. */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { upOptions } from './options.ts';

test('without options everything has a default', () => {
  deepEqual(upOptions([]), {
    is: 'done',
    value: { data: '.plimsoll', host: '127.0.0.1', port: 8780, hosts: 3 },
  });
  deepEqual(upOptions(['--help']), { is: 'done', value: 'help' });
});

test('what is wrong is named, with what is allowed', () => {
  const wrong: readonly [string[], RegExp][] = [
    [['--port', 'http'], /^--port http: .* 0 to 65535$/],
    [['--port', '70000'], /^--port 70000: /],
    [['--hosts', '-1'], /--hosts/],
    [['--colour', 'red'], /--colour.*; see --help$/],
    [['--host', '0.0.0.0'], /^--host 0\.0\.0\.0: only loopback/],
  ];
  for (const [args, line] of wrong) {
    const decision = upOptions(args);
    equal(decision.is, 'no', args.join(' '));
    if (decision.is === 'no') match(decision.why, line);
    if (decision.is === 'no') equal(decision.why.includes('\n'), false);
  }
});
