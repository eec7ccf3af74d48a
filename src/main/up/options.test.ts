/** Goal: wrong options are refused in one line that names them. Method: examples. */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { upOptions } from './options.ts';

test('without options everything has a default', () => {
  deepEqual(upOptions([], {}), {
    is: 'done',
    value: { data: '.plimsoll', database: null, host: '127.0.0.1', port: 8780, hosts: 3 },
  });
  deepEqual(upOptions(['--help']), { is: 'done', value: 'help' });
});

test('what is wrong is named, with what is allowed', () => {
  const wrong: readonly [string[], RegExp][] = [
    [['--port', 'http'], /^--port http: .* 0 to 65535$/],
    [['--port', '70000'], /^--port 70000: /],
    [['--hosts', '-1'], /--hosts/],
    [['--colour', 'red'], /--colour.*; see --help$/],
    [['--database', 'db.example:5432'], /^--database: it must be a URL/],
    [['--host', '0.0.0.0'], /^--host 0\.0\.0\.0: only loopback/],
  ];
  for (const [args, line] of wrong) {
    const decision = upOptions(args);
    equal(decision.is, 'no', args.join(' '));
    if (decision.is === 'no') match(decision.why, line);
    if (decision.is === 'no') equal(decision.why.includes('\n'), false);
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
