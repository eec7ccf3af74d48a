/**
 * Goal: the table of memory-pages.ts, the images' part in the topology, and refusals with numbers
 * cell by cell.
 * Method: a flavor of two vCPUs and 1 GiB, an image, and what comes of them, or the sentence; then
 * a host of two unlike cells that turns guests down for each reason.
 * Mutants that were caught: an image that may always say; a size in bytes; units of 1000; the
 * image's size before the flavor's; numbers of the first cell alone.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { sizeInWords, sizeOfPages } from '../topology/pages.ts';
import type { Ask, GuestNode } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';
import { askFor } from './request.ts';

type Specs = Record<string, string>;

function told(extra_specs: Specs, image_properties: Specs = {}): Ask | string {
  const flavor = { ...flavorOf('f', 2), memory_mib: 1024, extra_specs };
  const server = { ...serverOf('s', flavor), project_id: 'p' };
  const said = askFor({ server, image_properties, policy: 'pack' });
  return said.is === 'no' ? said.why : said.value;
}

const wish = (page: string, image: Specs = {}) => {
  const said = told({ 'hw:mem_page_size': page }, image);
  return typeof said === 'string' ? said : said.nodes.map(({ pages }) => pages);
};

test('what a flavor says of its pages; one node where nobody says how many', () => {
  for (const word of ['small', 'large', 'any'] as const) deepEqual(wish(word), [word]);
  deepEqual(wish('2048'), [2048]);
  for (const size of ['2MB', '2mb', '2MiB', '2M', '2048KB']) deepEqual(wish(size), [2048], size);
  deepEqual(wish('1GB'), [2 ** 20]);
  for (const wrong of ['huge', '0', '-2', '2.5MB', '2PB', 'MB'])
    match(String(wish(wrong)), /is small, large, any/);
  equal(sizeOfPages('1 GiB'), 2 ** 20);
  deepEqual([4, 2048, 3072, 2 ** 20].map(sizeInWords), ['4 KiB', '2 MiB', '3 MiB', '1 GiB']);
});

test('an image may say a size only where the flavor leaves it one', () => {
  const image = { hw_mem_page_size: '2MB' };
  deepEqual(wish('large', image), [2048]);
  deepEqual(wish('any', { hw_mem_page_size: 'small' }), ['small']);
  match(
    String(wish('1GB', image)),
    /the image may not set hw_mem_page_size=2MB: the flavor says 1GB/,
  );
  match(String(wish('small', image)), /the flavor says small/);
  match(String(told({}, image)), /the flavor does not speak of pages/);
  match(String(wish('any', { hw_mem_page_size: 'huge' })), /is small, large, any/);
});

test('an image may split the nodes that the flavor asks for, and say nothing twice', () => {
  const split = {
    ...{ 'hw_numa_cpus.0': '0', 'hw_numa_mem.0': '256' },
    ...{ 'hw_numa_cpus.1': '1', 'hw_numa_mem.1': '768' },
  };
  const nodes = (said: Ask | string) =>
    typeof said === 'string' ? said : said.nodes.map(({ memory_mib }) => memory_mib);
  deepEqual(nodes(told({ 'hw:numa_nodes': '2' }, split)), [256, 768]);
  const both = { 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0' };
  match(String(told(both, split)), /the image may not set hw_numa_cpus\.0: the flavor does/);
  match(String(told({ 'hw:numa_nodes': '1' }, split)), /numa_cpus\.1 names no node: there are 1/);
});

const fleet = new LittleFleet([
  {
    name: 'h',
    cells: [
      { vcpus: 4, memory_mib: 512, pages: { 2048: 100 } },
      {
        ...{ vcpus: 2, memory_mib: 1024, pages: { 2048: 40, 1048576: 1 } },
        cores: [{ cpus: [8, 9], threads: 2 }],
      },
    ],
  },
]);

function whyNot(...nodes: GuestNode[]): string {
  const decided = new Scheduler().decide(fleet.draft, ask({ resources: { MEMORY_MB: 1 }, nodes }));
  return decided.is === 'no' ? (decided.why.hosts[0]?.reason ?? '') : 'it fits';
}

test('a refusal tells by how much each cell falls short', () => {
  const own = { vcpus: [0, 1, 2], threads: 'prefer' as const, emulator: false };
  equal(whyNot({ vcpus: 4, memory_mib: 200, pages: 2048 }), 'it fits');
  const short = (node: GuestNode, why: RegExp) => match(whyNot(node), why);
  short(
    { vcpus: 1, memory_mib: 202, pages: 2048 },
    /at most 100 pages of 2 MiB left .* not the 101 asked for \(cell 0: 100, cell 1: 40\)/,
  );
  short({ vcpus: 1, memory_mib: 3, pages: 2048 }, /cannot give 3 MiB in whole pages of 2 MiB/);
  short(
    { vcpus: 1, memory_mib: 2048, pages: 'large' },
    /at most 1024 MiB in pages of size large left .* \(cell 0: 200, cell 1: 1024\)/,
  );
  short({ vcpus: 5, memory_mib: 1 }, /at most 4 VCPU left .* \(cell 0: 4, cell 1: 2\)/);
  short(
    { vcpus: 1, memory_mib: 1025 },
    /at most 1024 MEMORY_MB left .* \(cell 0: 512, cell 1: 1024/,
  );
  short(
    { vcpus: 0, memory_mib: 1, pinned: own },
    /at most 2 dedicated CPUs left .* not the 3 asked for \(cell 0: 0, cell 1: 2\)/,
  );
  short({ vcpus: 4, memory_mib: 1024 }, /no NUMA cell with 4 VCPU and 1024 MiB free together/);
  const gib: GuestNode = { vcpus: 1, memory_mib: 1024, pages: 2 ** 20 };
  match(
    whyNot(gib, gib),
    /has 1 NUMA cells with 1 VCPU and 1024 MiB in pages of 1 GiB free, not the 2/,
  );
});
