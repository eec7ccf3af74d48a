/**
 * Goal: the two tables of cpu-policy.ts: who gets CPUs of their own, how many, and who may say so.
 * Method: a flavor of four vCPUs with extra specs, an image with properties, and what is asked of a
 * host then, or the sentence of the refusal.
 * Mutants that were caught: the emulator's CPU with every node, or not counted; a mask that leaves
 * nothing shared let through; the image's thread policy before the flavor's; the vCPUs of the
 * second node numbered from 0; PCPU beside the flavor's whole VCPU.
 */
import { deepEqual, match } from 'node:assert/strict';
import test from 'node:test';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';
import { askFor } from './request.ts';

type Specs = Record<string, string>;

const four: FlavorRow = {
  id: 'four',
  name: 'four',
  vcpus: 4,
  memory_mib: 4096,
  disk_gib: 0,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: {},
  access: [],
  created_at_ms: 0,
};

function asked(extra_specs: Specs, image_properties: Specs = {}) {
  const flavor = { ...four, extra_specs };
  const server = { uuid: 's', flavor, availability_zone: null, group_uuid: null, hints: {} };
  const facts = { server: server as unknown as ServerRow, image_properties, policy: 'pack' };
  const said = askFor(facts as unknown as Parameters<typeof askFor>[0]);
  return said.is === 'no' ? said.why : said.value;
}

/** What is shared, what is pinned, and for each node its own vCPUs, `+` with the emulator. */
function told(extra_specs: Specs, image: Specs = {}): unknown {
  const ask = asked(extra_specs, image);
  if (typeof ask === 'string') return ask;
  const nodes = ask.nodes.map(({ pinned }) =>
    pinned === undefined
      ? '-'
      : `${pinned.threads} ${pinned.vcpus.join()}${pinned.emulator ? '+' : ''}`,
  );
  return [ask.resources['VCPU'] ?? 0, ask.resources['PCPU'] ?? 0, ...nodes];
}

const dedicated = { 'hw:cpu_policy': 'dedicated' };
const mixed = { 'hw:cpu_policy': 'mixed', 'hw:cpu_dedicated_mask': '1,2' };

test('who gets CPUs of their own', () => {
  deepEqual(told({}), [4, 0]);
  deepEqual(told({ 'hw:cpu_policy': 'shared' }, { hw_cpu_policy: 'shared' }), [4, 0]);
  deepEqual(told(dedicated), [0, 4, 'prefer 0,1,2,3']);
  deepEqual(told({}, { hw_cpu_policy: 'dedicated' }), [0, 4, 'prefer 0,1,2,3']);
  deepEqual(told({ ...dedicated, 'hw:numa_nodes': '2' }), [0, 4, 'prefer 0,1', 'prefer 2,3']);
  deepEqual(told(mixed), [2, 2, 'prefer 1,2']);
  deepEqual(told({ ...mixed, 'hw:cpu_dedicated_mask': '^0' }), [1, 3, 'prefer 1,2,3']);
  deepEqual(told({ ...mixed, 'hw:numa_nodes': '2' }), [2, 2, 'prefer 1', 'prefer 2']);
  deepEqual(told({ 'resources:PCPU': '4', 'resources:VCPU': '0' }), [0, 4, 'prefer 0,1,2,3']);
});

test('thread policies, and the CPU of the emulator', () => {
  const isolated = { ...dedicated, 'hw:emulator_threads_policy': 'isolate' };
  deepEqual(told({ ...isolated, 'hw:numa_nodes': '2' }), [0, 5, 'prefer 0,1+', 'prefer 2,3']);
  deepEqual(told({ ...dedicated, 'hw:cpu_thread_policy': 'require' }), [0, 4, 'require 0,1,2,3']);
  const traits = (threads: string) => {
    const ask = asked({ ...dedicated, 'hw:cpu_thread_policy': threads });
    return typeof ask === 'string' ? ask : [ask.required_traits, ask.forbidden_traits];
  };
  deepEqual(traits('require'), [['HW_CPU_HYPERTHREADING'], []]);
  deepEqual(traits('isolate'), [[], ['HW_CPU_HYPERTHREADING']]);
  deepEqual(traits('prefer'), [[], []]);
  const image = { hw_cpu_thread_policy: 'isolate' };
  deepEqual(told(dedicated, image), [0, 4, 'isolate 0,1,2,3']);
  deepEqual(told({ ...dedicated, 'hw:cpu_thread_policy': 'prefer' }, image), [
    0,
    4,
    'prefer 0,1,2,3',
  ]);
});

test('what cannot be meant is refused with a sentence', () => {
  const refused = (why: RegExp, specs: Specs, image: Specs = {}) =>
    match(String(told(specs, image)), why);
  refused(
    /image may not ask for dedicated/,
    { 'hw:cpu_policy': 'shared' },
    {
      hw_cpu_policy: 'dedicated',
    },
  );
  refused(/image may not ask for dedicated/, mixed, { hw_cpu_policy: 'dedicated' });
  refused(/thread policy needs dedicated/, { 'hw:cpu_thread_policy': 'prefer' });
  refused(/emulator threads need/, { 'hw:emulator_threads_policy': 'isolate' });
  refused(/isolate does not go with mixed/, { ...mixed, 'hw:cpu_thread_policy': 'isolate' });
  refused(
    /may not set the CPU thread policy isolate: the flavor says require/,
    {
      ...dedicated,
      'hw:cpu_thread_policy': 'require',
    },
    { hw_cpu_thread_policy: 'isolate' },
  );
  refused(/needs hw:cpu_dedicated_mask/, { 'hw:cpu_policy': 'mixed' });
  refused(/names some of the 4/, { ...mixed, 'hw:cpu_dedicated_mask': '0-3' });
  refused(/names some of the 4/, { ...mixed, 'hw:cpu_dedicated_mask': '4' });
  refused(/goes with hw:cpu_policy=mixed only/, { ...dedicated, 'hw:cpu_dedicated_mask': '0' });
  refused(/goes with hw:cpu_policy=mixed only/, { 'hw:cpu_dedicated_mask': '0' });
  refused(/do not go with hw:cpu_policy/, { ...dedicated, 'resources:PCPU': '4' });
  refused(/of 4 vCPUs: say hw:cpu_policy=mixed/, { 'resources:PCPU': '2' });
});
