/**
 * Which vCPUs of a guest get a CPU of the host to themselves, from its flavor and its image.
 *
 *   hw:cpu_policy=dedicated             all of them               PCPU: all
 *   hw:cpu_policy=mixed                 those of the mask         PCPU: those, VCPU: the others
 *   hw:cpu_dedicated_mask=0-1           or ^0: all but these; else those in real time (realtime.ts)
 *   resources:PCPU=4                    of 4 vCPUs: as dedicated
 *   hw:cpu_thread_policy=isolate        prefer where nobody says  (topology/cores.ts)
 *   hw:emulator_threads_policy=isolate  one CPU more, with the first node, for the emulator
 *   hw:emulator_threads_policy=share    with the CPUs that guests share: nothing is held for it
 *
 *   policy of the flavor   an image may say
 *   (none)                 anything, in the flavor's stead
 *   shared                 shared: it may not take more than the flavor gives
 *   mixed                  anything but dedicated; the flavor's word stands
 *   dedicated              anything; the flavor's word stands
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow } from '../servers/rows.ts';
import type { ThreadPolicy } from '../topology/cores.ts';
import type { GuestNode } from './ask.ts';
import { isRealtime, maskedVcpus, realtimeMask } from './realtime.ts';

type Specs = Readonly<Record<string, string>>;

export interface CpuPolicy {
  /** vCPUs, rising. */
  readonly dedicated: readonly number[];
  readonly threads: ThreadPolicy;
  /** Whether the emulator's threads have a CPU of their own. */
  readonly emulator: boolean;
}

/** Null: no vCPU has a CPU to itself. */
export function cpuPolicy(flavor: FlavorRow, image: Specs): Decision<CpuPolicy | null, string> {
  const specs = flavor.extra_specs;
  const policy = chosenPolicy(flavor, image);
  if (policy.is === 'no') return policy;
  const threads = threadPolicy(specs['hw:cpu_thread_policy'], image['hw_cpu_thread_policy']);
  if (threads.is === 'no') return threads;
  const isolates = emulatorIsolates(specs, image);
  if (policy.value === 'shared') {
    if (threads.value !== null) return no('a CPU thread policy needs dedicated or mixed CPUs');
    if (isolates) return no('isolated emulator threads need dedicated or mixed CPUs');
    if (specs['hw:cpu_dedicated_mask'] === undefined) return done(null);
  }
  if (policy.value === 'mixed' && threads.value === 'isolate') {
    return no('the CPU thread policy isolate does not go with mixed CPUs');
  }
  const alone = policy.value === 'mixed' && isRealtime(flavor) ? realtimeMask(flavor, image) : null;
  const mask = specs['hw:cpu_dedicated_mask'] ?? alone ?? undefined;
  const dedicated = dedicatedVcpus(policy.value, mask, flavor.vcpus);
  if (dedicated.is === 'no') return dedicated;
  const own = { threads: threads.value ?? 'prefer', emulator: isolates } as const;
  return done({ dedicated: dedicated.value, ...own });
}

function chosenPolicy({ extra_specs: specs, vcpus }: FlavorRow, image: Specs) {
  const explicit = specs['resources:PCPU'];
  const pcpus = explicit === undefined ? 0 : Number(explicit);
  const asked = specs['hw:cpu_policy'];
  const counted = pcpus > 0 || specs['resources:VCPU'] !== undefined;
  if (asked !== undefined && asked !== 'shared' && counted) {
    return no('resources:VCPU and resources:PCPU do not go with hw:cpu_policy: it says how many');
  }
  if (pcpus > 0 && (asked === 'shared' || pcpus !== vcpus)) {
    return no(`resources:PCPU=${explicit} of ${vcpus} vCPUs: say hw:cpu_policy=mixed and a mask`);
  }
  const flavor = pcpus > 0 ? 'dedicated' : asked;
  const said = image['hw_cpu_policy'];
  const wider = said === 'dedicated' || said === 'mixed';
  if ((flavor === 'shared' && wider) || (flavor === 'mixed' && said === 'dedicated')) {
    return no(`the image may not ask for ${said} CPUs: the flavor says ${flavor}`);
  }
  return done(flavor ?? said ?? 'shared');
}

function threadPolicy(
  flavor: string | undefined,
  image: string | undefined,
): Decision<ThreadPolicy | null, string> {
  const strict = flavor === 'isolate' || flavor === 'require';
  if (strict && image !== undefined && image !== flavor) {
    return no(`the image may not set the CPU thread policy ${image}: the flavor says ${flavor}`);
  }
  const chosen = flavor ?? image ?? null;
  if (chosen === null || chosen === 'prefer' || chosen === 'isolate' || chosen === 'require') {
    return done(chosen);
  }
  return no(`the CPU thread policy is prefer, isolate or require, not ${chosen}`);
}

const emulatorIsolates = (flavor: Specs, image: Specs): boolean =>
  (flavor['hw:emulator_threads_policy'] ?? image['hw_emulator_threads_policy']) === 'isolate';

function dedicatedVcpus(
  policy: string,
  mask: string | undefined,
  vcpus: number,
): Decision<readonly number[], string> {
  if (policy !== 'mixed' && mask !== undefined) {
    return no('hw:cpu_dedicated_mask goes with hw:cpu_policy=mixed only');
  }
  if (policy === 'dedicated') return done(Array.from({ length: vcpus }, (_, vcpu) => vcpu));
  if (policy !== 'mixed') return no(`the CPU policy is shared, dedicated or mixed, not ${policy}`);
  if (mask === undefined) {
    return no('hw:cpu_policy=mixed needs hw:cpu_dedicated_mask or hw:cpu_realtime_mask');
  }
  const set = maskedVcpus(mask, vcpus);
  if (set !== null && set.length < vcpus) return done(set);
  return no(`the mask of dedicated CPUs names some of the ${vcpus} vCPUs and not all: ${mask}`);
}

/** The node, with those of its vCPUs that the policy gives CPUs of their own. */
export function withPins(
  node: Omit<GuestNode, 'vcpus'>,
  vcpus: readonly number[],
  policy: CpuPolicy | null,
  first: boolean,
): GuestNode {
  const own = vcpus.filter((vcpu) => policy?.dedicated.includes(vcpu) === true);
  const emulator = first && policy?.emulator === true;
  const sized = { ...node, vcpus: vcpus.length - own.length };
  if (policy === null || (own.length === 0 && !emulator)) return sized;
  return { ...sized, pinned: { vcpus: own, emulator, threads: policy.threads } };
}

/** Of how many CPUs a node needs one each. */
export const pinsOf = ({ pinned }: GuestNode): number =>
  pinned === undefined ? 0 : pinned.vcpus.length + (pinned.emulator ? 1 : 0);

/** What the nodes change about a flavor's resources. */
export function pinnedAmounts(nodes: readonly GuestNode[]): Readonly<Record<string, number>> {
  const pcpus = nodes.reduce((sum, node) => sum + pinsOf(node), 0);
  if (pcpus === 0) return {};
  return { PCPU: pcpus, VCPU: nodes.reduce((sum, { vcpus }) => sum + vcpus, 0) };
}

const SMT = 'HW_CPU_HYPERTHREADING';

/** Hosts that could not keep to the thread policy, by what their machine is. */
export function threadTraits(nodes: readonly GuestNode[]) {
  const threads = nodes.find(({ pinned }) => pinned !== undefined)?.pinned?.threads;
  return {
    required: threads === 'require' ? [SMT] : [],
    forbidden: threads === 'isolate' ? [SMT] : [],
  };
}
