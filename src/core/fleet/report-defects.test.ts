/**
 * Goal: what is known to go wrong elsewhere with what hosts report goes right here: D-RT15, traits
 * that stay for ever, and D-RT16, changes that nobody notices.
 * Method: one report of a host with CPUs and pages for one guest each, and after it another one in
 * which one thing differs.
 * Mutants that were caught: pools compared by their totals alone; a pool that stays when it is no
 * longer reported; what others keep back overwritten by a report that says the same again.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { Draft } from '../ledger/draft.ts';
import * as rows from '../ledger/rows.ts';
import { seedStandards } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { applyReport } from './registry.ts';
import { plainReport } from './report.fixture.ts';
import type { HostReport } from './report.ts';
import { fleetTables } from './rows.ts';

const PAGE_KIB = 2048;
const cores = [0, 2].map((cpu) => ({ cpus: [cpu, cpu + 1], threads: 2 }));
const tables = [...rows.ledgerTables, ...fleetTables];

const reportedCell = {
  cell: 0,
  cores: 4,
  memory_mib: 1024,
  dedicated: cores,
  pages: [{ size_kib: PAGE_KIB, total: 100, reserved: 4 }],
};
const inventory = { resource_class: 'VCPU', total: 4, reserved: 0, allocation_ratio: 2 };
const report: HostReport = {
  ...plainReport,
  host: 'h',
  inventories: [{ ...inventory, initial_ratio: 1 }],
  cells: [reportedCell],
  traits: ['COMPUTE_NODE', 'HW_CPU_X86_AVX2'],
};

function reported() {
  const state = new State(tables);
  const draft = new Draft(state, 0);
  seedStandards(draft);
  const apply = (said: HostReport) => equal(applyReport(draft, said).is, 'done');
  apply(report);
  const has = (trait: string) =>
    draft.books.hasTrait(1, draft.books.traitByName.get(trait)?.id ?? -1);
  return { draft, apply, has };
}

test('D-RT15: a trait that a host reports no more goes; one that others gave it stays', () => {
  const { draft, apply, has } = reported();
  const other = present(draft.books.traitByName.get('HW_CPU_X86_SSE42'), 'a trait').id;
  draft.put(rows.providerTraits, { provider_id: 1, trait_id: other });
  apply({ ...report, traits: ['COMPUTE_NODE'] });
  deepEqual([has('HW_CPU_X86_AVX2'), has('HW_CPU_X86_SSE42')], [false, true]);
});

test('D-RT15: what others keep back stays until the host itself says another amount', () => {
  const { draft, apply } = reported();
  const vcpu = present(draft.books.classByName.get('VCPU'), 'a class').id;
  const row = () => present(draft.books.inventory(1, vcpu), 'an inventory');
  const saying = (reserved: number, total = 4) => {
    apply({ ...report, inventories: [{ ...inventory, total, reserved, initial_ratio: 1 }] });
    return row().reserved;
  };
  equal(saying(0), 0);
  draft.put(rows.inventories, { ...row(), reserved: 3 });
  deepEqual([saying(0), saying(0), saying(1), saying(1)], [3, 3, 1, 1]);
  draft.put(rows.inventories, { ...row(), reserved: 4 });
  deepEqual([saying(1), saying(1, 2)], [4, 2]);
});

test('D-RT15: a line that goes from a provider file goes from the provider, what others gave stays', () => {
  const { draft, apply, has } = reported();
  const licences = { ...inventory, resource_class: 'CUSTOM_LICENCE', total: 22, reserved: 2 };
  const said = { ...licences, max_unit: 10, step_size: 2, initial_ratio: 1 };
  const plain = { ...inventory, initial_ratio: 1 };
  const traits = ['COMPUTE_NODE', 'CUSTOM_RACK_7', 'CUSTOM_GOLD'];
  apply({ ...report, inventories: [plain, said], traits });
  const id = () => draft.books.classByName.get('CUSTOM_LICENCE')?.id ?? -1;
  const { total, reserved, max_unit, step_size } = present(draft.books.inventory(1, id()), 'one');
  deepEqual([total, reserved, max_unit, step_size], [22, 2, 10, 2]);
  const other = present(draft.books.traitByName.get('HW_CPU_X86_SSE42'), 'a trait').id;
  draft.put(rows.providerTraits, { provider_id: 1, trait_id: other });
  apply({ ...report, inventories: [plain], traits: ['COMPUTE_NODE', 'CUSTOM_GOLD'] });
  equal(draft.books.inventory(1, id()), undefined);
  deepEqual(['CUSTOM_RACK_7', 'CUSTOM_GOLD', 'HW_CPU_X86_SSE42'].map(has), [false, true, true]);
});

test('D-RT16: whatever changes in a report is noticed, and what does not change is left alone', () => {
  const changed = (about: object, one: object = {}) => {
    const { draft, apply } = reported();
    const { mark } = draft;
    apply({ ...report, ...about, cells: [{ ...reportedCell, ...one }] });
    const tablesOf = draft.changes.slice(mark).map(({ table }) => table);
    return [...new Set(tablesOf)].filter((table) => /^numa|^inventory/.test(table)).sort();
  };
  const pool = { size_kib: PAGE_KIB, total: 100, reserved: 4 };
  deepEqual(changed({}), []);
  deepEqual(changed({ inventories: [{ ...inventory, reserved: 1, initial_ratio: 1 }] }), [
    'inventory',
  ]);
  deepEqual(changed({}, { cores: 3 }), ['numa_cell']);
  deepEqual(changed({}, { memory_mib: 2048 }), ['numa_cell']);
  deepEqual(changed({}, { dedicated: cores.slice(1) }), ['numa_cell_cpus']);
  deepEqual(changed({}, { pages: [{ ...pool, reserved: 5 }] }), ['numa_cell_pages']);
  deepEqual(changed({}, { pages: [] }), ['numa_cell', 'numa_cell_pages']);
});
