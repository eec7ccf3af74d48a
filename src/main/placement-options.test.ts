/**
 * Goal: what an operator sets for Placement is what holds, and what cannot be read is told at once.
 * Method: environments by hand.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { readPlacementOptions } from './placement-options.ts';

test("without a word upstream's defaults hold", () => {
  const read = readPlacementOptions({});
  equal(read.is, 'done');
  deepEqual(read.is === 'done' && read.value.policy, { enforce_new_defaults: true, rules: {} });
  deepEqual(read.is === 'done' && read.value.cors?.allowed_origins, []);
});

test('options are read under the names of oslo.config', () => {
  const read = readPlacementOptions({
    OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'False',
    OS_CORS__ALLOWED_ORIGIN: 'http://a.example, http://b.example',
    OS_CORS__ALLOW_CREDENTIALS: 'no',
    OS_CORS__MAX_AGE: '60',
    OS_PLACEMENT__MAX_ALLOCATION_CANDIDATES: '-1',
  });
  if (read.is === 'no') throw new Error(read.why.join());
  const { policy, cors, max_allocation_candidates } = read.value;
  equal(policy?.enforce_new_defaults, false);
  deepEqual(cors?.allowed_origins, ['http://a.example', 'http://b.example']);
  deepEqual([cors?.allow_credentials, cors?.max_age_s], [false, 60]);
  equal(max_allocation_candidates, -1);
});

test('all that is wrong is told together', () => {
  const read = readPlacementOptions({
    OS_API__AUTH_STRATEGY: 'keystone',
    OS_OSLO_POLICY__POLICY_FILE: '/nowhere/at/all.yaml',
    OS_CORS__MAX_AGE: 'long',
    OS_PLACEMENT__MAX_ALLOCATION_CANDIDATES: '-2',
  });
  const named =
    read.is === 'no' ? read.why.map((line) => /OS_\w+|policy file/.exec(line)?.[0]) : [];
  deepEqual(named, [
    'OS_API__AUTH_STRATEGY',
    'OS_CORS__MAX_AGE',
    'OS_PLACEMENT__MAX_ALLOCATION_CANDIDATES',
    'policy file',
  ]);
});
