/**
 * What the CPUs of a machine can do, from /proc/cpuinfo: of x86 its `flags`, of ARM its `Features`.
 * Only what all of them can do counts, as far as the file was read.
 */
import { FILE_BYTES_MAX, type Tree } from './tree.ts';

export interface CpuModel {
  readonly arch: 'x86_64' | 'aarch64' | 'unknown';
  readonly vendor: string | null;
  readonly model: string | null;
  readonly features: readonly string[];
  /** Names of the traits for those features. */
  readonly traits: readonly string[];
}

/** Where the trait's name is not the feature's own. */
const RENAMED: Readonly<Record<string, string>> = {
  '3dnow': '3DNOW',
  aes: 'AESNI',
  avx512_bitalg: 'AVX512BITALG',
  avx512_vbmi2: 'AVX512VBMI2',
  avx512_vnni: 'AVX512VNNI',
  avx512_vpopcntdq: 'AVX512VPOPCNTDQ',
  bmi1: 'BMI',
  fma: 'FMA3',
  pclmulqdq: 'CLMUL',
  pni: 'SSE3',
  rtm: 'TSX',
  sha_ni: 'SHA',
  sse4_1: 'SSE41',
  sse4_2: 'SSE42',
};
const UNRENAMED =
  'abm avx avx2 avx512bw avx512cd avx512dq avx512er avx512f avx512ifma avx512pf avx512vbmi ' +
  'avx512vl bmi2 f16c fma4 mmx mpx pdpe1gb sgx sse sse2 sse4a ssse3 stibp svm tbm vmx xop';
const ARM =
  'aes asimd asimddp asimdhp asimdrdm atomics cpuid crc32 dcpop evtstrm fcma fp fphp jscvt lrcpc ' +
  'pmull sha1 sha2 sha3 sha512 sm3 sm4 sve';
const X86_TRAITS = new Map([
  ...Object.entries(RENAMED),
  ...UNRENAMED.split(' ').map((name): [string, string] => [name, name.toUpperCase()]),
]);
const ARM_NAMES = new Set(ARM.split(' '));

export function cpuModel(tree: Tree): CpuModel {
  const blocks = blocksOf(tree.text('proc/cpuinfo') ?? '');
  const [first = new Map<string, string>()] = blocks;
  const kinds = new Set(blocks.flatMap((block) => block.get('CPU part') ?? []));
  if (kinds.size > 1) {
    tree.odd(`the CPUs are of several kinds, ${[...kinds].join(' and ')}: guests meet any of them`);
  }
  const arch = archOf(first);
  const features = common(blocks.flatMap((block) => listOf(block) ?? []));
  return {
    arch,
    vendor: first.get('vendor_id') ?? first.get('CPU implementer') ?? null,
    model: first.get('model name') ?? first.get('CPU part') ?? null,
    features,
    traits: features.flatMap((name) => traitOf(arch, name) ?? []),
  };
}

/** A block for each CPU. Of a long file the last one is cut off somewhere, maybe within a name. */
function blocksOf(text: string): readonly Map<string, string>[] {
  const blocks = text.split(/\n\s*\n/).map(fieldsOf);
  return text.length >= FILE_BYTES_MAX - 2 ? blocks.slice(0, -1) : blocks;
}

const fieldsOf = (block: string): Map<string, string> =>
  new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]];
    }),
  );

/** One list in a list, or nothing: blocks that tell of no CPU do not count. */
function listOf(block: Map<string, string>): [readonly string[]] | null {
  const text = block.get('flags') ?? block.get('Features');
  return text === undefined ? null : [text.split(/\s+/).filter(Boolean)];
}

function archOf(fields: Map<string, string>): CpuModel['arch'] {
  if (fields.has('flags')) return 'x86_64';
  return fields.has('Features') ? 'aarch64' : 'unknown';
}

const common = ([first = [], ...others]: readonly (readonly string[])[]): readonly string[] =>
  first.filter((name) => others.every((list) => list.includes(name)));

function traitOf(arch: CpuModel['arch'], feature: string): string | null {
  if (arch === 'aarch64' && ARM_NAMES.has(feature)) {
    return `HW_CPU_AARCH64_${feature.toUpperCase()}`;
  }
  const name = arch === 'x86_64' ? X86_TRAITS.get(feature) : undefined;
  return name === undefined ? null : `HW_CPU_X86_${name}`;
}
