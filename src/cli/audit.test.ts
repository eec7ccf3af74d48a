/**
 * Goal: `audit` says what differs and what was done, tells by its exit code whether anything is
 * left, and `audit list` and `audit undo` ask for what they should.
 * Method: a client that gives answers of our own API's shape, held to its schemas.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { AuditReply, Finding } from '../core/api/plimsoll/audit.ts';
import { audit, listFindings, undoFinding } from './audit.ts';
import type { Session } from './session.ts';

const about = { host: 'host-1', kind: 'no-hold', subject: 'u1', what: 'u1 holds nothing' };
const repaired = { ...about, state: 'repaired', why: 'it holds again' } as const;
const left = { ...about, kind: 'wrong-power', state: 'left', why: 'ask its owner' } as const;
const finding: Static<typeof Finding> = {
  ...{ ...repaired, id: 12, can_undo: true, ledger_sequence: 7 },
  ...{ found_at_ms: 0, changed_at_ms: 0 },
};

function sessionOf(answer: unknown, format: Session['format'] = 'table') {
  const said: string[] = [];
  const asked: unknown[][] = [];
  const give = (...ask: unknown[]) => {
    asked.push(ask);
    return Promise.resolve(answer);
  };
  const client = { get: give, post: give } as unknown as Session['client'];
  const print = (text: string) => void said.push(stripVTControlCharacters(text));
  return { session: { client, format, print }, said, asked };
}

test('what was put right is told, and is 0; what is left is 1', async () => {
  const whole = { audited: 3, silent: [], found: [repaired] };
  ok(Value.Check(AuditReply, whole));
  const one = sessionOf({ audit: whole });
  equal(await audit(one.session, { host: 'host-1', dryRun: true }), 0);
  deepEqual(one.asked, [['/audit', { dry_run: true, host: 'host-1' }]]);
  match(one.said.join('\n'), /host-1 +repaired +u1 holds nothing +it holds again/);
  match(one.said.join('\n'), /3 hosts audited, 1 differences; a dry run/);
  equal(await audit(sessionOf({ audit: { ...whole, found: [left] } }).session, {}), 1);
  const silent = sessionOf({ audit: { ...whole, found: [], silent: ['host-2'] } });
  equal(await audit(silent.session, {}), 1);
  match(silent.said.join('\n'), /no answer: host-2/);
  await rejects(audit(sessionOf(null).session, { host: 'h' }), /there is no host 'h'/);
});

test('findings are listed with their ids, and one is undone by its id', async () => {
  ok(Value.Check(Finding, finding));
  const list = sessionOf({ findings: [finding] });
  equal(await listFindings(list.session, { limit: 5, host: 'host-1' }), 0);
  deepEqual(list.asked, [['/audit/findings?limit=5&host=host-1']]);
  match(list.said.join('\n'), /12 +1970-01-01 00:00:00 +host-1 +repaired +yes +u1 holds nothing/);
  const json = sessionOf({ finding: { ...finding, state: 'undone' } }, 'json');
  equal(await undoFinding(json.session, '12'), 0);
  deepEqual(json.asked, [['/audit/findings/12/undo', undefined]]);
  equal(JSON.parse(json.said.join('')).state, 'undone');
  await rejects(undoFinding(sessionOf(null).session, '9'), /there is no finding '9'/);
});
