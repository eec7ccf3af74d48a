/**
 * Goal: every known key takes its values and no others; an unknown one in a namespace of ours is
 * refused with the nearest known; what cannot be kept to is never taken and dropped.
 * Method: a value for each row of both tables and one that it must refuse; then examples by hand.
 *
 * Mutants that were caught: a row without its value's rule; namespaces that let unknown keys pass;
 * the farthest key named instead of the nearest; an unsupported key let through.
 */
import { equal, match, notEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { wrongProperty, wrongSpec } from './check.ts';
import { flavorKeys } from './flavor-keys.ts';
import { imageKeys } from './image-keys.ts';
import type { Keys } from './key.ts';
import { editDistance } from './nearest.ts';
import { needsOf } from './needs.ts';

/** One of these is right for any rule, and none of the second kind for any but free text. */
const RIGHT = 'true 1 40 virtio shared prefer share user passthrough amd-sev tpm-crb auto uefi'
  .concat(' none disabled required spread luks small low 0-3 2.0 gpu:1 12h')
  .split(' ');
const WRONG = '--, ,--';

const tables: readonly [Keys, typeof wrongSpec][] = [
  [flavorKeys, wrongSpec],
  [imageKeys, wrongProperty],
];

test('every row takes a right value, and refuses a wrong one with what it would take', () => {
  let judged = 0;
  for (const [keys, wrong] of tables) {
    for (const name of keys.names) {
      const key = name.replace('.N', '.7').replace('*', 'anything');
      ok(
        RIGHT.some((value) => wrong(key, value) === null),
        `${key} takes nothing`,
      );
      if (keys.find(key)?.value.says === 'any text') continue;
      match(wrong(key, WRONG) ?? '', new RegExp(`^${key} is .+, not --, ,--$`));
      judged++;
    }
  }
  ok(judged > 120, `only ${judged} keys`);
});

test('an unknown key is refused with the nearest known one', () => {
  const near = (key: string) => wrongSpec(key, '1');
  equal(near('hw:numa_node'), 'hw:numa_node is unknown: did you mean hw:numa_nodes?');
  equal(near('hw:cpu_polcy'), 'hw:cpu_polcy is unknown: did you mean hw:cpu_policy?');
  equal(near('quota:cpu_quotas'), 'quota:cpu_quotas is unknown: did you mean quota:cpu_quota?');
  equal(near('hw:numa_cpus.x'), 'hw:numa_cpus.x is unknown: did you mean hw:numa_cpus.N?');
  match(near('trait1:HW_CPU_X86_AVXX') ?? '', /did you mean trait1:HW_CPU_X86_AVX,/);
  match(near('resources:MEMORY') ?? '', /did you mean resources:MEMORY_MB,/);
  match(wrongProperty('hw_disk_buss', 'virtio') ?? '', /did you mean hw_disk_bus\?/);
});

test('keys of nobody pass, and so do free ones', () => {
  for (const key of ['colour', 'acme:x', 'hw', 'capabilities:anything', 'my:hw:numa']) {
    equal(wrongSpec(key, 'x'), null, key);
  }
  for (const key of ['os_distro', 'colour', 'trait']) equal(wrongProperty(key, 'x'), null, key);
});

test('edit distance is the fewest changes', () => {
  equal(editDistance('', 'abc'), 3);
  equal(editDistance('kitten', 'sitting'), 3);
  equal(editDistance('same', 'same'), 0);
});

const refusal = (key: string, value: string): string => {
  const needs = key.includes(':') ? needsOf({ [key]: value }, {}) : needsOf({}, { [key]: value });
  return needs.is === 'no' ? needs.why : '';
};

test('a known key that cannot be kept to is refused by name, its empty wish is not', () => {
  const refused: readonly (readonly [key: string, value: string])[] = [
    ['accel:device_profile', 'fpga'],
    ['quota:cpu_shares', '512'],
    ['hw_emulation_architecture', 'aarch64'],
  ];
  for (const [key, value] of refused) {
    match(refusal(key, value), new RegExp(`^${key}=${value} cannot be kept to`));
  }
  equal(refusal('hw:locked_memory', 'false'), '');
  notEqual(refusal('hw:locked_memory', 'maybe'), '');
  equal(refusal('hw:boot_menu', 'true'), '');
});
