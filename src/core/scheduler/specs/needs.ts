/**
 * What keys with a fate of their own come to: traits that the host must have, memory encryption as
 * a group of its own, or a refusal of what cannot be kept to yet.
 *
 *   hw:tpm_version=2.0       ─► COMPUTE_SECURITY_TPM_2_0
 *   hw:mem_encryption=true   ─► MEM_ENCRYPTION_CONTEXT: 1, where HW_CPU_X86_AMD_SEV is
 *   accel:device_profile=…   ─► refused by name
 */
import { type Decision, done, no } from '../../ports/reply.ts';
import type { AskGroup } from '../ask.ts';
import { firstWrong, type Specs, wrongProperty, wrongSpec } from './check.ts';
import { flavorKeys } from './flavor-keys.ts';
import { imageKeys } from './image-keys.ts';
import type { Keys } from './key.ts';
import { isTrue } from './value.ts';

export interface Needs {
  readonly traits: readonly string[];
  readonly groups: readonly AskGroup[];
}

export function needsOf(flavor: Specs, image: Specs): Decision<Needs, string> {
  const wrong = firstWrong(flavor, wrongSpec) ?? firstWrong(image, wrongProperty);
  if (wrong !== null) return no(wrong);
  const refused = firstUnsupported(flavor, flavorKeys) ?? firstUnsupported(image, imageKeys);
  if (refused !== null) return no(refused);
  const encrypted = encryption(flavor, image);
  if (encrypted.is === 'no') return encrypted;
  const traits = [
    ...traitsIn(flavor, flavorKeys),
    ...traitsIn(image, imageKeys),
    ...addressing(flavor['hw:maxphysaddr_mode'] ?? image['hw_maxphysaddr_mode']),
  ];
  return done({ traits, groups: encrypted.value });
}

function firstUnsupported(specs: Specs, keys: Keys): string | null {
  return firstWrong(specs, (key, value) => {
    const fate = keys.find(key)?.fate;
    if (fate?.is !== 'unsupported' || fate.but(value)) return null;
    return `${key}=${value} cannot be kept to yet, so no server is built from it`;
  });
}

const traitsIn = (specs: Specs, keys: Keys): readonly string[] =>
  Object.entries(specs).flatMap(([key, value]) => {
    const fate = keys.find(key)?.fate;
    return fate?.is === 'traits' ? fate.of(value) : [];
  });

const ADDRESSING: Specs = {
  passthrough: 'COMPUTE_ADDRESS_SPACE_PASSTHROUGH',
  emulate: 'COMPUTE_ADDRESS_SPACE_EMULATED',
};
const addressing = (mode: string | undefined): readonly string[] =>
  mode === undefined ? [] : [ADDRESSING[mode] ?? []].flat();

const ENCRYPTED_BY: Specs = {
  'amd-sev': 'HW_CPU_X86_AMD_SEV',
  'amd-sev-es': 'HW_CPU_X86_AMD_SEV_ES',
};

/** A context comes from one provider that has the technique too; flavor and image must agree. */
function encryption(flavor: Specs, image: Specs): Decision<readonly AskGroup[], string> {
  if (![flavor['hw:mem_encryption'], image['hw_mem_encryption']].some(isTrue)) return done([]);
  const models = [flavor['hw:mem_encryption_model'], image['hw_mem_encryption_model']];
  const [model = 'amd-sev', other = model] = models.filter((one) => one !== undefined);
  if (model !== other) {
    return no(`the flavor's memory encryption model is ${model}, the image's is ${other}`);
  }
  if (image['hw_firmware_type'] !== 'uefi') {
    return no('memory encryption needs an image with hw_firmware_type=uefi');
  }
  return done([
    {
      suffix: '_mem_encryption',
      resources: { MEM_ENCRYPTION_CONTEXT: 1 },
      required_traits: [ENCRYPTED_BY[model] ?? ''],
      forbidden_traits: [],
    },
  ]);
}
