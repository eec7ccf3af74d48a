/**
 * Goal: what is read of a machine is what it has, on every kind of machine that people run.
 * Method: trees made by hand from public facts, and one recorded, each against one line of what is
 * to come out; then, of every tree, and of every tree with files missing or full of nonsense, what
 * must always hold: no CPU is in two cells, and sums match.
 *
 * Mutants that this test has caught: offline CPUs not left out · siblings taken across cells ·
 * a socket for a cell that spans two · pages not held against memory · VFs told as PCI.
 */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { MachineCell } from '../../core/ports/hypervisor.ts';
import { sizeInWords } from '../../core/topology/pages.ts';
import { type MachineFacts, readMachine } from './read-machine.ts';
import { FILE_BYTES_MAX } from './tree.ts';
import { treeNames, unpack, unpackTree } from './trees.fixture.ts';

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

function rootOf(name: string): string {
  const root = unpackTree(name);
  roots.push(root);
  return root;
}

/** e.g. `0/s0: 20 CPUs in 10 cores, 64299 MiB, 8192 × 2 MiB` */
function cellInWords({ cell, socket, cores, cpus = [], memory_mib, pages = [] }: MachineCell) {
  const cut = pages.map(({ size_kib, total }) => `, ${total} × ${sizeInWords(size_kib)}`);
  const where = socket === undefined ? `${cell}` : `${cell}/s${socket}`;
  return `${where}: ${cores} CPUs in ${cpus.length} cores, ${memory_mib} MiB${cut.join('')}`;
}

function devicesInWords({ devices }: MachineFacts): string[] {
  const kinds = devices.map(({ kind, vendor_id, product_id, cell }) => {
    return `${kind} ${vendor_id}:${product_id} near ${cell ?? 'nobody knows'}`;
  });
  return [...new Set(kinds)].map(
    (kind) => `${kinds.filter((one) => one === kind).length} × ${kind}`,
  );
}

const inWords = (facts: MachineFacts): readonly string[] => [
  `${facts.cores} CPUs, ${facts.memory_mib} MiB`,
  ...facts.cells.map(cellInWords),
  ...devicesInWords(facts),
];

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'arm-board-two-kinds-of-cpus': [
    '8 CPUs, 15767 MiB',
    '0/s0: 8 CPUs in 8 cores, 15767 MiB, 16 × 2 MiB',
  ],
  'arm-server': [
    '80 CPUs, 261616 MiB',
    '0/s36: 80 CPUs in 80 cores, 261616 MiB, 1024 × 2 MiB, 64 × 32 MiB, 8 × 1 GiB',
  ],
  'cell-across-sockets': ['32 CPUs, 515695 MiB', '0: 32 CPUs in 32 cores, 515695 MiB'],
  'cell-of-memory-alone': [
    '112 CPUs, 646583 MiB',
    '0/s0: 56 CPUs in 56 cores, 257495 MiB',
    '1/s1: 56 CPUs in 56 cores, 258016 MiB',
    '2: 0 CPUs in 0 cores, 131072 MiB',
  ],
  'cells-with-gaps': [
    '128 CPUs, 326183 MiB',
    '0/s0: 64 CPUs in 16 cores, 130652 MiB',
    '8/s8: 64 CPUs in 16 cores, 131019 MiB, 512 × 2 MiB',
    '252: 0 CPUs in 0 cores, 16128 MiB',
    '253: 0 CPUs in 0 cores, 16128 MiB',
    '254: 0 CPUs in 0 cores, 16128 MiB',
    '255: 0 CPUs in 0 cores, 16128 MiB',
    '2 × PCI 10de:1db1 near 0',
    '2 × PCI 10de:1db1 near 8',
  ],
  'cells-without-memory': [
    '64 CPUs, 128844 MiB',
    '0/s0: 16 CPUs in 8 cores, 64349 MiB',
    '1/s0: 16 CPUs in 8 cores, 0 MiB',
    '2/s0: 16 CPUs in 8 cores, 64495 MiB',
    '3/s0: 16 CPUs in 8 cores, 0 MiB',
  ],
  'cloud-instance': [
    '2 CPUs, 24105 MiB',
    '0/s0: 2 CPUs in 2 cores, 24105 MiB',
    '1 × PCI 1af4:1045 near nobody knows',
    '1 × PCI 1af4:1042 near nobody knows',
    '1 × PCI 1af4:1041 near nobody knows',
    '1 × PCI 1af4:1053 near nobody knows',
    '1 × PCI 1af4:1044 near nobody knows',
  ],
  'eight-cells': [
    '256 CPUs, 1031928 MiB',
    '0/s0: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '1/s0: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '2/s0: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '3/s0: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '4/s1: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '5/s1: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '6/s1: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
    '7/s1: 32 CPUs in 16 cores, 128991 MiB, 4096 × 2 MiB',
  ],
  'four-cells': [
    '128 CPUs, 515762 MiB',
    '0/s0: 32 CPUs in 16 cores, 128751 MiB, 64 × 1 GiB',
    '1/s0: 32 CPUs in 16 cores, 129024 MiB, 64 × 1 GiB',
    '2/s0: 32 CPUs in 16 cores, 129024 MiB, 64 × 1 GiB',
    '3/s0: 32 CPUs in 16 cores, 128963 MiB, 64 × 1 GiB',
  ],
  'network-card-64-functions': [
    '32 CPUs, 257469 MiB',
    '0/s0: 16 CPUs in 8 cores, 128465 MiB',
    '1/s1: 16 CPUs in 8 cores, 129004 MiB',
    '2 × PF 8086:1592 near 0',
    '64 × VF 8086:1889 near 0',
    '2 × PCI 144d:a80a near 1',
  ],
  'nothing-fits': [
    '5 CPUs, 4096 MiB',
    '0/s0: 3 CPUs in 3 cores, 4096 MiB, 4 × 1 GiB',
    '1/s0: 2 CPUs in 2 cores, 0 MiB',
    '1 × PCI 10de:1eb8 near nobody knows',
  ],
  'one-socket': ['8 CPUs, 96256 MiB', '0/s0: 8 CPUs in 8 cores, 96256 MiB'],
  'one-socket-smt': ['32 CPUs, 257671 MiB', '0/s0: 32 CPUs in 16 cores, 257671 MiB'],
  'two-gpus': [
    '32 CPUs, 257469 MiB',
    '0/s0: 16 CPUs in 8 cores, 128465 MiB',
    '1/s1: 16 CPUs in 8 cores, 129004 MiB',
    '1 × PCI 10de:1eb8 near 0',
    '1 × PCI 10de:1eb8 near 1',
  ],
  'two-sockets-in-turns': [
    '40 CPUs, 128810 MiB',
    '0/s0: 20 CPUs in 10 cores, 64299 MiB',
    '1/s1: 20 CPUs in 10 cores, 64511 MiB',
  ],
  'two-sockets-smt-off': [
    '40 CPUs, 385536 MiB',
    '0/s0: 20 CPUs in 20 cores, 192000 MiB',
    '1/s1: 20 CPUs in 20 cores, 193536 MiB',
  ],
  'two-sockets-two-page-sizes': [
    '80 CPUs, 385536 MiB',
    '0/s0: 40 CPUs in 20 cores, 192000 MiB, 8192 × 2 MiB, 32 × 1 GiB',
    '1/s1: 40 CPUs in 20 cores, 193536 MiB, 8192 × 2 MiB, 64 × 1 GiB',
  ],
  'virtual-machine': [
    '3 CPUs, 7933 MiB',
    '0: 3 CPUs in 2 cores, 7933 MiB',
    '2 × PCI 1af4:1001 near nobody knows',
  ],
};

describe('what a machine has', () => {
  it('is read of every tree as it is', () => {
    const read = treeNames().map((name) => [name, inWords(readMachine(rootOf(name)))]);
    assert.deepEqual(Object.fromEntries(read), EXPECTED);
  });

  it('never has a CPU in two cells or two cores, and its sums match', () => {
    for (const name of treeNames()) holds(readMachine(rootOf(name)), name);
  });

  it('holds however many of its files are missing, or full of nonsense', () => {
    let odd = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...SMALL),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...NONSENSE)), { minLength: 1, maxLength: 6 }),
        (name, damages) => {
          const root = unpackTree(name);
          try {
            for (const [at, text] of damages) damage(root, at, text);
            const facts = readMachine(root);
            holds(facts, name);
            if (facts.problems.length > 0) odd++;
          } finally {
            rmSync(root, { recursive: true });
          }
        },
      ),
      { numRuns: 40 },
    );
    assert.ok(odd > 5, `${odd} machines were odd`);
  });

  it('says what it could not make sense of', () => {
    assert.deepEqual(readMachine(rootOf('nothing-fits')).problems, [
      'CPU 2 is not among the CPUs of its own core: taken as a core by itself',
      'sys/devices/system/cpu/cpu4/topology/core_cpus_list is no set of CPUs: ?!',
      'NUMA cell 0 has memory for 4 of its 9 pages of 1 GiB',
      'NUMA cell 1 does not say how much memory it has: taken as none',
      'CPU 5: in no NUMA cell, left out',
      'device 0000:01:00.0 does not say what it is: left out',
      'device 0000:02:00.0 is near NUMA cell 9, which the machine does not have',
    ]);
    const { problems } = readMachine(rootOf('arm-board-two-kinds-of-cpus'));
    assert.deepEqual(problems, [
      'the CPUs are of several kinds, 0xd05 and 0xd0b: guests meet any of them',
    ]);
    const odd = new Set(['nothing-fits', 'arm-board-two-kinds-of-cpus', 'cell-across-sockets']);
    for (const name of treeNames().filter((one) => !odd.has(one))) {
      assert.deepEqual(readMachine(rootOf(name)).problems, [], name);
    }
  });

  it('says since when it runs', () => {
    const root = unpack('proc/stat:\n  | cpu  1 2 3\n  | btime 1795254436\n  | processes 7\n');
    roots.push(root);
    assert.equal(readMachine(root).booted_at_ms, 1_795_254_436_000);
    assert.equal(readMachine(rootOf('one-socket')).booted_at_ms, undefined);
  });

  it('is nothing where there is nothing', () => {
    const { cores, memory_mib, devices, problems } = readMachine('/nonexistent');
    assert.deepEqual({ cores, memory_mib, devices }, { cores: 0, memory_mib: 0, devices: [] });
    assert.equal(problems.length, 2);
  });
});

const SMALL = ['cloud-instance', 'nothing-fits', 'one-socket', 'virtual-machine'];
const NONSENSE = ['', '-1', '99999999999999999999', '0-', '5-2', '\0\xff', 'a'.repeat(70_000)];

/** Removes a file of the tree, or writes something else into it. */
function damage(root: string, at: number, text: string): void {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  const path = files[at % files.length] as string;
  if (text === '') unlinkSync(path);
  else writeFileSync(path, text);
}

function holds({ cells, cores, memory_mib, devices }: MachineFacts, name: string): void {
  const cpus = cells.flatMap((cell) => (cell.cpus ?? []).flat());
  assert.equal(new Set(cpus).size, cpus.length, `${name}: a CPU twice`);
  assert.equal(cores, cpus.length, `${name}: CPUs`);
  for (const cell of cells) {
    assert.equal(cell.cores, (cell.cpus ?? []).flat().length, `${name}: CPUs of a cell`);
    const cut_kib = (cell.pages ?? []).reduce((sum, one) => sum + one.size_kib * one.total, 0);
    assert.ok(cut_kib <= cell.memory_mib * 1024, `${name}: more pages than memory`);
  }
  const sum_mib = cells.reduce((sum, cell) => sum + cell.memory_mib, 0);
  assert.equal(memory_mib, sum_mib, `${name}: memory`);
  const known = new Set([null, ...cells.map(({ cell }) => cell)]);
  assert.ok(
    devices.every(({ cell }) => known.has(cell)),
    `${name}: a device near no cell`,
  );
}

describe('the devices of a machine', () => {
  it('are functions of their card, and never bridges', () => {
    const { devices } = readMachine(rootOf('network-card-64-functions'));
    const functions = devices.filter(({ parent }) => parent === '0000:3b:00.0');
    assert.equal(functions.length, 64);
    assert.deepEqual(
      [functions[0]?.address, functions[63]?.address],
      ['0000:3b:01.0', '0000:3b:08.7'],
    );
    assert.ok(devices.every(({ address }) => address !== '0000:00:00.0'));
    assert.equal(
      devices.find(({ address }) => address === '0000:90:00.0')?.serial,
      'S64FNE0R800001',
    );
  });

  it('have as many shares as there could be, those in use among them', () => {
    const shares = readMachine(rootOf('two-gpus')).devices.map(({ mdev_types }) => mdev_types);
    assert.deepEqual(shares, [
      { 'nvidia-231': 8, 'nvidia-232': 4 },
      { 'nvidia-231': 8, 'nvidia-232': 0 },
    ]);
  });
});

describe('the CPUs of a machine', () => {
  const traitsOf = (name: string) => readMachine(rootOf(name)).traits;

  it('have the traits of their features', () => {
    const intel = traitsOf('one-socket');
    for (const name of ['AVX512F', 'VMX', 'AESNI', 'SSE42', 'FMA3', 'TSX', 'CLMUL', 'BMI']) {
      assert.ok(intel.includes(`HW_CPU_X86_${name}`), name);
    }
    assert.ok(!intel.includes('HW_CPU_X86_SVM'));
    assert.ok(traitsOf('four-cells').includes('HW_CPU_X86_SVM'));
    assert.ok(traitsOf('arm-server').includes('HW_CPU_AARCH64_ASIMDDP'));
    assert.deepEqual(traitsOf('cells-with-gaps'), []);
  });

  it('have only what all kinds of them can do', () => {
    assert.ok(!traitsOf('arm-board-two-kinds-of-cpus').includes('HW_CPU_AARCH64_ASIMDDP'));
  });

  it('lose nothing where the file about them is too long to be read whole', () => {
    const block = '  | processor : 0\n  | flags : sse sse2 avx avx2\n  | \n';
    const root = unpack(`proc/cpuinfo:\n${block.repeat(FILE_BYTES_MAX / 40)}`);
    roots.push(root);
    assert.deepEqual(readMachine(root).traits, [
      'HW_CPU_X86_SSE',
      'HW_CPU_X86_SSE2',
      'HW_CPU_X86_AVX',
      'HW_CPU_X86_AVX2',
    ]);
  });
});
