/**
 * Goal: bad input is refused in words, changes nothing, tells nobody of others' things, and never
 * becomes a fault of ours.
 * Method: every route of identity, compute, images, networks, placement and our own, at any
 * version, with wrong types, missing and extra fields, huge values, broken JSON, wrong tokens, ids
 * of others and odd paths.
 * Worlds of ROUNDS requests; more of them by PLIMSOLL_FUZZ_WORLDS, others by PLIMSOLL_FUZZ_SEED.
 * Mutants that this killed: servers found by whoever knows their ids; a handler that expects an
 * object where null may be sent; an update that is written although its body is refused.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { ApiFuzz } from '../../sim/api-fuzz.ts';
import { Chance } from '../base/seeded.ts';
import { computeService } from './compute/service.ts';
import { identityService } from './identity/service.ts';
import { imageService } from './image/service.ts';
import { networkService } from './network/service.ts';
import { placementService } from './placement/service.ts';
import { plimsollService } from './plimsoll/service.ts';

const WORLDS = Number(process.env['PLIMSOLL_FUZZ_WORLDS'] ?? 4);
const SEED = process.env['PLIMSOLL_FUZZ_SEED'] ?? 'a';
const ROUNDS = 500;

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const services = [
  ...[identityService(), computeService(), imageService(), networkService()],
  ...[placementService({ prefix: '/placement' }), plimsollService],
] as never;

test('bad input is refused in words, and nothing else comes of it', async () => {
  const findings: object[] = [];
  const total = { requests: 0, refused: 0, watched: 0 };
  for (let world = 0; world < WORLDS; world++) {
    const fuzz = await ApiFuzz.open(new Chance(`fuzz ${SEED} ${world}`), services, drain);
    // One fault of ours may break a world for good, and be found in it again and again.
    for (let round = 0; round < ROUNDS && fuzz.findings.length === 0; round++) await fuzz.round();
    findings.push(...fuzz.findings.map((finding) => ({ world, ...finding })));
    for (const name of ['requests', 'refused', 'watched'] as const) total[name] += fuzz.tried[name];
  }
  deepEqual(findings, []);
  ok(total.refused > total.requests / 3, JSON.stringify(total));
  ok(total.watched > total.refused / 2, JSON.stringify(total));
});
