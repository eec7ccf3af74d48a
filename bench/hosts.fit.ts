/**
 * The fit of one guest on one large host: 8 NUMA cells, 256 CPUs two to a core, pages of two sizes.
 *
 *   every third CPU is held · each cell has 4 GiB in pages of 2 MiB and 8 of 1 GiB, some held
 *
 * The guest wants CPUs of its own, one for its emulator, and its memory in large pages. It is the
 * scheduler's own way through: filters, seats, CPUs, pages, and exactly what is to be claimed. The
 * host changes before every fit, so that nothing known of it before is of use.
 */
import { type Claim, claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { MEMORY_MB } from '../src/core/ledger/standard.ts';
import type { Ask } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { ask, LittleFleet } from '../src/core/scheduler/little-fleet.fixture.ts';

const CELLS = 8;
const CORES_A_CELL = 16;
const THREADS = 2;
const ROUNDS = 2_000;
const PINS_A_NODE = 4;
const NODE_MIB = 2048;
const [MIB_2, GIB_1] = [2048, 1_048_576];
const PAGES = { [MIB_2]: 2048, [GIB_1]: 8 };
const OWNER = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };

/** How long a fit takes on average, in ms. */
export function fitMs(nodes: number): number {
  const { draft } = largeHost();
  const provider_id = draft.books.providerNamed('large')?.id ?? -1;
  const scheduler = new Scheduler();
  const wanted = guestOf(nodes);
  let spent_ms = 0;
  for (let round = 0; round < ROUNDS; round++) {
    hold(draft, provider_id, round % THREADS);
    const from = performance.now();
    const decided = scheduler.check(draft, wanted, 'large');
    spent_ms += performance.now() - from;
    if (decided.is === 'no') throw new Error(decided.why.summary);
  }
  return spent_ms / ROUNDS;
}

const largeHost = (): LittleFleet =>
  new LittleFleet([
    {
      name: 'large',
      cells: Array.from({ length: CELLS }, (_, cell) => ({
        ...{ vcpus: 1, memory_mib: 65_536, cores: coresOf(cell), pages: PAGES },
      })),
    },
  ]);

const coresOf = (cell: number) =>
  Array.from({ length: CORES_A_CELL }, (_, core) => {
    const first = (cell * CORES_A_CELL + core) * THREADS;
    return { cpus: [first, first + 1], threads: THREADS };
  });

/** Somebody holds every third CPU, and pages of every cell: others each time. */
function hold(draft: Draft, provider_id: number, from: number): void {
  const all = Array.from({ length: CELLS * CORES_A_CELL * THREADS }, (_, cpu) => cpu);
  const pins = all
    .filter((cpu) => cpu % 3 === from)
    .map((cpu, vcpu) => ({ provider_id, cpu, guest_node: 0, use: 'vcpu' as const, vcpu }));
  const pages = Array.from({ length: CELLS }, (_, cell) => ({
    ...{ provider_id, guest_node: cell, cell, size_kib: GIB_1, pages: 5 + from },
  }));
  const amounts = [{ provider_id, resource_class_id: MEMORY_MB, amount: 4096 }];
  const claim: Claim = { consumer_uuid: 'other', ...OWNER, amounts, pins, pages };
  const claimed = claimAll(draft, [claim]);
  if (claimed.is === 'no') throw new Error(JSON.stringify(claimed.why));
}

const guestOf = (nodes: number): Ask =>
  ask({
    resources: { PCPU: nodes * PINS_A_NODE + 1, MEMORY_MB: nodes * NODE_MIB, DISK_GB: 20 },
    nodes: Array.from({ length: nodes }, (_, node) => ({
      vcpus: 0,
      memory_mib: NODE_MIB,
      pages: 'large' as const,
      pinned: {
        vcpus: Array.from({ length: PINS_A_NODE }, (_, at) => node * PINS_A_NODE + at),
        threads: 'prefer' as const,
        emulator: node === 0,
      },
    })),
  });
