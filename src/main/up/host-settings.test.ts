/**
 * Goal: what an operator says of hosts is read by upstream's names, and all that is wrong is told
 * at once, provider files included. Method: examples of environments.
 * Mutants that were caught: a ratio of 0 taken as one · MiB of disk taken for GiB · stopping at the
 * first thing that is wrong.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { readSettings } from '../config/read-settings.ts';
import { readHostSettings } from './host-settings.ts';

const INITIAL = { cpu: 4, memory: 1, disk: 1 };

function configOf(env: Record<string, string>) {
  const settings = readHostSettings(readSettings(['control plane'], { variables: env }));
  return settings.is === 'done' ? settings.value.config : settings.why;
}

test('what is said is read, and what is not said is left to the host', () => {
  deepEqual(configOf({}), {
    cpu_ratio: null,
    memory_ratio: null,
    disk_ratio: null,
    initial_ratios: INITIAL,
  });
  deepEqual(
    configOf({
      OS_DEFAULT__RESERVED_HOST_CPUS: '2',
      OS_DEFAULT__RESERVED_HOST_MEMORY_MB: '512',
      OS_DEFAULT__RESERVED_HOST_DISK_MB: '1025',
      OS_DEFAULT__RESERVED_HUGE_PAGES: 'node:0,size:2MB,count:64;node:1,size:1GB,count:1',
      OS_DEFAULT__CPU_ALLOCATION_RATIO: '16.0',
      OS_DEFAULT__RAM_ALLOCATION_RATIO: '0.0',
      OS_DEFAULT__INITIAL_RAM_ALLOCATION_RATIO: '1.5',
      OS_COMPUTE__CPU_SHARED_SET: '0-3',
      PLIMSOLL_GUEST_OVERHEAD_MIB: '200',
      PLIMSOLL_GUEST_OVERHEAD_GIB: '1',
    }),
    {
      reserved_cores: 2,
      reserved_memory_mib: 512,
      reserved_disk_gib: 2,
      guest_overhead_mib: 200,
      guest_overhead_gib: 1,
      cpu_ratio: 16,
      memory_ratio: null,
      disk_ratio: null,
      initial_ratios: { ...INITIAL, memory: 1.5 },
      cpu_shared_set: [0, 1, 2, 3],
      cpu_dedicated_set: null,
      reserved_pages: [
        { cell: 0, size_kib: 2048, count: 64 },
        { cell: 1, size_kib: 1_048_576, count: 1 },
      ],
    },
  );
});

test('all that is wrong is told at once, by the names under which it was said', () => {
  const wrong = configOf({
    OS_DEFAULT__RESERVED_HOST_CPUS: '-1',
    OS_DEFAULT__CPU_ALLOCATION_RATIO: 'many',
    OS_DEFAULT__INITIAL_DISK_ALLOCATION_RATIO: '0',
    OS_COMPUTE__CPU_DEDICATED_SET: '9-1',
    OS_COMPUTE__PROVIDER_CONFIG_LOCATION: '/nonexistent',
  }) as readonly string[];
  equal(wrong.length, 5);
  match(
    wrong[0] ?? '',
    /^OS_DEFAULT__RESERVED_HOST_CPUS -1: it must be a whole number from 0 to 2147483647$/,
  );
  match(wrong[1] ?? '', /^OS_DEFAULT__CPU_ALLOCATION_RATIO many: it must be a number from 0/);
  match(
    wrong[2] ?? '',
    /^OS_DEFAULT__INITIAL_DISK_ALLOCATION_RATIO 0: it must be a number above 0/,
  );
  match(wrong[3] ?? '', /^OS_COMPUTE__CPU_DEDICATED_SET 9-1: it must be a set of CPUs/);
  match(wrong[4] ?? '', /provider configuration cannot be read: .*\/nonexistent/);
});
