/**
 * Goal: what a guest may ask of how it is run: locked memory with pages that are said, vCPUs in
 * real time that have CPUs to themselves, one of them left ordinary; and nothing by half.
 * Method: a table of flavors' and images' words with what they come to or why not; a host that
 * cannot is not chosen, and says so; what was asked reaches the placement.
 * Mutants that were caught: locked memory without pages; an image that overrules its flavor; a mask
 * of all vCPUs; real time on shared vCPUs; the flavor's mask before the image's; a trait left out.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { createTrait } from '../ledger/names.ts';
import { Scheduler } from './decide.ts';
import { flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';
import { mannerOf } from './manner.ts';
import { guestNodes } from './numa-nodes.ts';
import { askFor } from './request.ts';

const wordsIn = (text: string) =>
  Object.fromEntries(text.split(' ').flatMap((w) => (w === '' ? [] : [w.split('=')])));
const flavor = (text: string) => ({ ...flavorOf('f', 4), extra_specs: wordsIn(text) });
const said = (own: string, image = '') => {
  const manner = mannerOf(flavor(own), wordsIn(image));
  return manner.is === 'no' ? manner.why : manner.value;
};
const PAGES = 'hw:mem_page_size=small';
const RT = 'hw:cpu_realtime=yes';
const OWN = `hw:cpu_policy=dedicated ${RT}`;

test('locked memory goes with pages that are said, and is not the image’s to take back', () => {
  equal(said(''), null);
  equal(said('hw:locked_memory=false'), null);
  deepEqual(said(`hw:locked_memory=true ${PAGES}`), { locked_memory: true });
  deepEqual(said(PAGES, 'hw_locked_memory=true'), { locked_memory: true });
  deepEqual(said('', 'hw_locked_memory=true hw_mem_page_size=small'), { locked_memory: true });
  match(`${said('hw:locked_memory=true')}`, /^locked memory needs hw:mem_page_size$/);
  const apart = said(`hw:locked_memory=false ${PAGES}`, 'hw_locked_memory=true');
  match(`${apart}`, /^the image says hw_locked_memory=true, the flavor hw:locked_memory=false$/);
});

test('which vCPUs run in real time', () => {
  const vcpus = (own: string, image = '') => {
    const manner = said(own, image);
    return typeof manner === 'string' ? manner : (manner?.realtime_vcpus ?? []);
  };
  deepEqual(vcpus(`${OWN} hw:cpu_realtime_mask=^0-1`), [2, 3]);
  deepEqual(vcpus(`${OWN} hw:cpu_realtime_mask=1`), [1]);
  deepEqual(vcpus(`${OWN} hw:cpu_realtime_mask=1`, 'hw_cpu_realtime_mask=2'), [2]);
  deepEqual(vcpus(`${OWN} hw:emulator_threads_policy=isolate`), [0, 1, 2, 3]);
  deepEqual(vcpus('hw:cpu_policy=dedicated hw:cpu_realtime_mask=1'), []);
  deepEqual(vcpus(RT, 'hw_cpu_policy=dedicated hw_cpu_realtime_mask=^3'), [0, 1, 2]);
  match(`${vcpus(RT)}`, /needs dedicated or mixed CPUs/);
  match(`${vcpus(OWN)}`, /one vCPU must not be in real time/);
  match(`${vcpus(`${OWN} hw:cpu_realtime_mask=0-3`)}`, /one vCPU must not be in real time/);
  match(`${vcpus(`${OWN} hw:cpu_realtime_mask=3-4`)}`, /names some of the 4 vCPUs: 3-4/);
});

test('of mixed CPUs, those in real time are dedicated; where no mask says, they alone', () => {
  const mixed = `hw:cpu_policy=mixed ${RT}`;
  const alone = flavor(`${mixed} hw:cpu_realtime_mask=2-3`);
  const nodes = guestNodes(alone, {});
  deepEqual(nodes.is === 'done' && nodes.value[0]?.pinned?.vcpus, [2, 3]);
  deepEqual(said(`${mixed} hw:cpu_realtime_mask=2-3`), { realtime_vcpus: [2, 3] });
  deepEqual(said(`${mixed} hw:cpu_dedicated_mask=1-3 hw:cpu_realtime_mask=3`), {
    realtime_vcpus: [3],
  });
  const shared = said(`${mixed} hw:cpu_dedicated_mask=1 hw:cpu_realtime_mask=3`);
  match(`${shared}`, /^vCPU 3 is to run in real time, and has no CPU to itself$/);
  match(`${said(mixed)}`, /needs hw:cpu_dedicated_mask or hw:cpu_realtime_mask/);
});

test('a host that cannot is not chosen, and says so; one that can is told', () => {
  const cores = [0, 2].map((cpu) => ({ cpus: [cpu, cpu + 1], threads: 2 }));
  const cell = { vcpus: 4, memory_mib: 8192, cores };
  const fleet = new LittleFleet([{ name: 'h', cells: [cell] }]);
  const asked = flavor(`${OWN} hw:cpu_realtime_mask=^0 hw:locked_memory=true ${PAGES}`);
  const server = serverOf('s', asked);
  const answer = askFor({ server, image_properties: {}, policy: 'spread' });
  const ask = present(answer.is === 'done' ? answer.value : null, 'a server that can be asked for');
  const before = new Scheduler().decide(fleet.draft, ask);
  const reason = before.is === 'no' ? before.why.hosts[0]?.reason : '';
  match(`${reason}`, /lacks .* CUSTOM_PLIMSOLL_LOCKED_MEMORY, CUSTOM_PLIMSOLL_REALTIME_CPUS/);
  for (const name of ['CUSTOM_PLIMSOLL_LOCKED_MEMORY', 'CUSTOM_PLIMSOLL_REALTIME_CPUS']) {
    createTrait(fleet.draft, name);
    fleet.giveTrait(1, name, true);
  }
  const after = new Scheduler().decide(fleet.draft, ask);
  deepEqual(after.is === 'done' && after.value.manner, {
    locked_memory: true,
    realtime_vcpus: [1, 2, 3],
  });
});
