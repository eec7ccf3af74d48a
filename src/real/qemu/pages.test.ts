/**
 * Goal: a guest has the large pages that were claimed for it, wherever it goes, or does not start;
 * and no host offers pages that it could not give.
 * Method: texts as kernels write them; then a real guest in pages of 2 MiB, cut here for the test
 * and given back after it: what its process has is read from the kernel, not from the driver.
 * Mutants that died: memory from ordinary pages; pages not held against the claim (`numa_maps` of
 * another process); lost pages left in the memory that is offered.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openQemu } from './engine.ts';
import { withPagesOf } from './machine.ts';
import { holdsItsPages, pageFolders, pagesIn } from './pages.ts';
import * as real from './real-guests.fixture.ts';
import { makeSmallGuest, missing } from './small-guest.ts';

test('where pages are given out is read from what is mounted', () => {
  const mounts = [
    'proc /proc proc rw 0 0',
    'hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0',
    'none /mnt/1g hugetlbfs rw,pagesize=1024M,size=4G 0 0',
    'tmpfs /pagesize=4M tmpfs rw 0 0',
  ];
  deepEqual(
    [...pageFolders(mounts.join('\n'))],
    [
      [2048, '/dev/hugepages'],
      [1_048_576, '/mnt/1g'],
    ],
  );
});

test('what a process has is told by size and cell', () => {
  const maps = [
    '7f00 bind:0-1 file=/dev/hugepages/x\\040(deleted) huge dirty=5 N0=3 N1=2 kernelpagesize_kB=2048',
    '7f01 bind:1 file=/mnt/1g/x huge dirty=1 N1=1 kernelpagesize_kB=1048576',
    '7f02 default anon=9 dirty=9 N0=9 kernelpagesize_kB=4',
  ];
  deepEqual(Object.fromEntries(pagesIn(maps.join('\n'))), {
    '2 MiB on NUMA cell 0': 3,
    '2 MiB on NUMA cell 1': 2,
    '1 GiB on NUMA cell 1': 1,
  });
});

test('a host offers the pages that it can give, and no memory of the others', () => {
  const pages = [
    { size_kib: 2048, total: 100 },
    { size_kib: 1_048_576, total: 1 },
  ];
  const cell = { cell: 0, cores: 1, memory_mib: 4096, pages };
  const about = { cell: 0, cores: 1 };
  deepEqual(
    withPagesOf(cell, (size_kib) => size_kib === 2048),
    { ...about, memory_mib: 3072, pages: pages.slice(0, 1) },
  );
  deepEqual(
    withPagesOf(cell, () => false),
    { ...about, memory_mib: 2872 },
  );
});

// ── a real guest ─────────────────────────────────────────────────────────────────────────────────

const POOL = '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages';
const PAGES = 48; // 96 MiB

const absent = missing() ?? (process.getuid?.() === 0 ? null : 'only root cuts memory into pages');
const skip = absent ?? false;

/** So many pages more, and where they are mounted; what gives them back. */
function cut(root: string, count: number): () => void {
  const before = Number(readFileSync(POOL, 'utf8'));
  const folder = join(root, 'pages');
  mkdirSync(folder);
  writeFileSync(POOL, String(before + count));
  execFileSync('mount', ['-t', 'hugetlbfs', '-o', 'pagesize=2M', 'none', folder]);
  return () => {
    execFileSync('umount', ['--lazy', folder]); // a guest that was ended may not be gone yet
    writeFileSync(POOL, String(before));
  };
}

/** In MiB: what of a process is in pages of 2 MiB, by its own map. */
function inLargePages(pid: string): number {
  const areas = readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-)/m);
  const large = areas.filter((area) => /^KernelPageSize:\s+2048 kB$/m.test(area));
  const kib = large.map((area) => Number(/^Size:\s+(\d+) kB$/m.exec(area)?.[1]));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

const playsInPages: real.RealGuestTest = async (lab) => {
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  const described = await a.describe();
  ok(described.is === 'done');
  ok((described.value.cells[0]?.pages?.[0]?.total ?? 0) >= 2 * PAGES, 'pages are not offered');
  const node = { cell: 0, vcpus: 1, memory_mib: lab.guest.memory_mib };
  const inPagesOf = (size_kib: number, count: number) => ({
    ...lab.guest,
    nodes: [{ ...node, pages: { size_kib, count } }],
  });
  const refused = await a.boot('r/boot', inPagesOf(4_096, 24));
  match(JSON.stringify(refused), /no hugetlbfs with pages of 4 MiB is mounted/);
  const guest = inPagesOf(2_048, PAGES);
  const booted = await a.boot('s/boot', guest);
  equal(booted.is, 'done', JSON.stringify(booted));
  await lab.counted(a, 3);
  deepEqual(lab.processes().map(inLargePages), [96]);
  const [pid = 0] = lab.processes().map(Number);
  const more = await holdsItsPages(inPagesOf(2_048, PAGES + 1), pid);
  match(JSON.stringify(more), /has 48 pages of 2 MiB on NUMA cell 0, and was to have 49/);
  const landing = await b.receive('m/landing', guest);
  ok(landing.is === 'done', JSON.stringify(landing));
  const sent = await a.send('m/send', guest.uuid, landing.value.address);
  equal(sent.is, 'done', JSON.stringify(sent));
  await lab.counted(b, 10);
  deepEqual(lab.processes().map(inLargePages), [96]);
};

test('a guest in pages of 2 MiB is in them, and is so where it was moved', { skip }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-h-'));
  const giveBack = cut(root, 2 * PAGES);
  try {
    const open: real.Open = async (_side, directory, images, wire) => {
      const opened = await openQemu({ directory, images, accel: 'tcg', ...wire });
      ok(opened.is === 'done', JSON.stringify(opened));
      return opened.value;
    };
    await real.played({ root, files: makeSmallGuest(root), open }, playsInPages)(t);
  } finally {
    giveBack();
    rmSync(root, { recursive: true, force: true });
  }
});
