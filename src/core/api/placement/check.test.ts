/**
 * Goal: a check string means what an operator reads in it; one that means nothing is refused.
 * Method: random expressions, written out and worked out side by side; then each kind of check by
 * example, and strings that are none.
 *
 * Shown mutants, each noticed: `and` before `or` the other way round; `not` unread; a parenthesis
 * left open; an unknown rule that lets in; a target that is missing and equals a missing attribute.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Caller } from '../http.ts';
import { type Check, ownCheck, parseCheck, type Target } from './check.ts';
import { caller } from './sample.ts';

const holds = (text: string, by: Caller, target: Target = {}, rules: Record<string, string> = {}) =>
  ownCheck(text)(
    by,
    target,
    new Map(Object.entries(rules).map(([name, rule]): [string, Check] => [name, ownCheck(rule)])),
  );

interface Expression {
  readonly text: string;
  readonly value: boolean;
}
const ROLES = ['a', 'b'];
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(
      ...['a', 'b', 'c'].map((r) => ({ text: `role:${r}`, value: ROLES.includes(r) })),
      { text: '@', value: true },
      { text: '!', value: false },
    ),
    tie('expression').map(({ text, value }) => ({ text: `not (${text})`, value: !value })),
    fc.array(tie('expression'), { minLength: 2, maxLength: 3 }).map((parts) => ({
      text: parts.map(({ text }) => `(${text})`).join(' and '),
      value: parts.every(({ value }) => value),
    })),
    fc.array(tie('expression'), { minLength: 2, maxLength: 3 }).map((parts) => ({
      text: parts.map(({ text }) => `(${text})`).join(' OR '),
      value: parts.some(({ value }) => value),
    })),
  ),
}));

test('an expression is worked out as it is written', () => {
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(expression, ({ text, value }) => {
      if (text.split(/\s+/).length > 60) return;
      equal(holds(text, caller(ROLES)), value, text);
      seen.add(value);
    }),
    { seed: 6, numRuns: 500 },
  );
  equal(seen.size, 2);
});

test('and binds before or', () => {
  equal(holds('role:a or role:x and role:y', caller(['a'])), true);
  equal(holds('role:x and role:y or role:a', caller(['a'])), true);
  equal(holds('not role:a or role:b', caller(['a', 'b'])), true);
});

test('each kind of check', () => {
  const one = caller(['Reader'], { user_id: 'kim' });
  equal(holds('', one), true);
  equal(holds('role:reader', one), true);
  equal(holds('project_id:%(project_id)s', one, { project_id: 'a-project' }), true);
  equal(holds('project_id:%(project_id)s', one, { project_id: 'another' }), false);
  equal(holds('project_id:%(project_id)s', one, {}), false);
  equal(holds('user_id:kim', one), true);
  equal(holds('is_admin:True', one), false);
  equal(holds('is_admin:True', caller(['admin'])), true);
  equal(holds('system_scope:all', caller([], { system_scope: true, project_id: null })), true);
  equal(holds("'kim':%(user_id)s", one, { user_id: 'kim' }), true);
  equal(holds('rule:who', one, {}, { who: 'user_id:kim' }), true);
  equal(holds('rule:nobody', one), false);
  equal(holds('rule:loop', one, {}, { loop: 'rule:loop' }), false);
  equal(holds('project_id:%(x)s', caller([], { project_id: null }), {}), false);
});

test('what is no check is refused, with a reason', () => {
  for (const text of ['role', '(role:a', 'role:a)', 'role:a or', 'and', 'role:a role:b']) {
    equal(parseCheck(text).is, 'no', text);
  }
});
