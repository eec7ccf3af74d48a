/**
 * Goal: nothing but allowed facts is ever printed, what our own code tells is printed, and what is
 * printed is one JSON line.
 * Method: write into a list instead of stderr, with a secret under a name that is not allowed; look
 * through the source for what is told.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { allowed, realJournal, TEXT_MAX } from './journal.ts';

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

test('of what is written like a secret only stars are printed, wherever it stands', () => {
  const texts = {
    url: 'nats://hunter2@host:4222',
    message: 'connect postgres://me:hunter2@db/x?sslpassword=hunter2&a=b failed',
    reason: 'asked with X-Auth-Token: hunter2, and Authorization: Bearer hunter2',
    why: '{"x-subject-token":"hunter2"}',
  };
  const [line = ''] = written((journal) => journal.warn('agent.line', texts));
  ok(!line.includes('hunter2'), line);
  const { url, message } = JSON.parse(line);
  equal(url, 'nats://***@host:4222');
  equal(message, 'connect postgres://***@db/x?sslpassword=***&a=b failed');
});

test('text is cut, so that no name fills the disk', () => {
  const [line = ''] = written((journal) => journal.error('x', { message: 'm'.repeat(10_000) }));
  equal(JSON.parse(line).message.length, TEXT_MAX);
});

// The sources, also when this runs from what was compiled of them.
const root = join(import.meta.dirname, '..').replace(/\/dist$/, '/src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(core|real|main)\/.*\.ts$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(root, name), 'utf8'));

test('every fact that the source tells by name may be printed', () => {
  const told = sources.flatMap((text) => [
    ...text.matchAll(/journal\.(?:info|warn|error)\(\s*'[^']+',\s*\{([^}]*)\}/g),
  ]);
  const names = told.flatMap(([, facts = '']) =>
    [...facts.matchAll(/(?:^|,)\s*(\w+)\s*(?=[:,]|$)/g)].map(([, name]) => name ?? ''),
  );
  ok(names.length > 10, `found ${names.length} facts`);
  deepEqual(allowed(Object.fromEntries(names.map((name) => [name, 1])))['withheld'], undefined);
});
