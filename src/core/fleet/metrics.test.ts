/**
 * Goal: a host's figures are those that its agent told last, and touch its provider when they
 * change; an agent that is not to tell them tells none.
 * Method: reports made of a machine that has figures, applied to a fresh draft.
 * Mutants tried: figures that are no longer told stay; the same ones are written again; told though
 * the operator did not ask; kept when the host is removed.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { plainConfig } from '../agent/config.ts';
import { reportOf } from '../agent/report.ts';
import { present } from '../base/units.ts';
import { Draft } from '../ledger/draft.ts';
import * as ledger from '../ledger/rows.ts';
import { seedStandards } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { hostMetrics } from './metric-rows.ts';
import { applyReport } from './registry.ts';
import { removeFromFleet } from './removal.ts';
import { fleetTables, hosts } from './rows.ts';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
const machine = {
  ...{ hypervisor_type: 'simulated', hypervisor_version: 1, cpu_info: {} },
  ...{ cores: 4, memory_mib: 8192, disk_gib: 100, traits: [] },
  cells: [{ cell: 0, cores: 4, memory_mib: 8192 }],
};

test('figures are those told last, only where an operator asks for them', () => {
  const state = new State([...ledger.ledgerTables, ...fleetTables]);
  const draft = new Draft(state, 0);
  seedStandards(draft);
  const tell = (busy: number, tells_metrics = true) => {
    const about = { host: 'h', uuid, incarnation: 1 };
    const told = { ...machine, metrics: { 'cpu.percent': busy } };
    const before = state.books.touches;
    applyReport(draft, reportOf(about, { ...plainConfig, tells_metrics }, told, []));
    return state.books.touches > before;
  };
  const known = () => draft.rows(hostMetrics).get('h')?.figures;
  tell(0.5, false);
  equal(known(), undefined);
  equal(tell(0.5), true);
  deepEqual(known(), { 'cpu.percent': 0.5 });
  equal(tell(0.5), false, 'the same again');
  equal(tell(0.6), true, 'rankings look at the host again');
  deepEqual(known(), { 'cpu.percent': 0.6 });
  tell(0.6, false);
  equal(known(), undefined);
  tell(0.7);
  equal(removeFromFleet(draft, present(draft.rows(hosts).get('h'), 'the host')).is, 'done');
  equal(known(), undefined);
});
