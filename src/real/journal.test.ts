/**
 * Goal: nothing but allowed facts is ever printed, and what is printed is one JSON line.
 * Method: write into a list instead of stderr, with a secret under a name that is not allowed.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { realJournal, TEXT_MAX } from './journal.ts';

function written(say: (journal: ReturnType<typeof realJournal>) => void): string[] {
  const lines: string[] = [];
  say(realJournal('info', { write: (line: string) => void lines.push(line) }));
  return lines;
}

test('an event with its allowed facts, on one line', () => {
  const [line = '', ...more] = written((journal) =>
    journal.warn('host.down', { host: 'alpha', count: 3 }),
  );
  equal(more.length, 0);
  const { level, event, host, count } = JSON.parse(line) as Record<string, unknown>;
  deepEqual([level, event, host, count], ['warn', 'host.down', 'alpha', 3]);
});

test('a fact that is not allowed is withheld: its name is told, its value never', () => {
  const [line = ''] = written((journal) =>
    journal.info('login', { user_id: 'u1', password: 'hunter2', token: 'gAAAA' }),
  );
  ok(!line.includes('hunter2') && !line.includes('gAAAA'), line);
  deepEqual(JSON.parse(line).withheld, ['password', 'token']);
});

test('text is cut, so that no name fills the disk', () => {
  const [line = ''] = written((journal) => journal.error('x', { message: 'm'.repeat(10_000) }));
  equal(JSON.parse(line).message.length, TEXT_MAX);
});
