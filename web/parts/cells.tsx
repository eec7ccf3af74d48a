/**
 * The NUMA cells of a host: as boxes with a column for each thing that guests hold of it, filled
 * from below, and as gauges with numbers.
 *
 *   ┌ cell 0 ────────┐
 *   │ ▒▒   ██        │    vCPUs · memory · CPUs that are held alone · pages of each size
 *   │ ▒▒   ██   ▒▒   │
 *   └────────────────┘
 */
import { sizeInWords } from '../../src/core/topology/pages.ts';
import type { Cell } from '../client.ts';
import { fill, memory, percent } from '../words.ts';
import { Gauge } from './basics.tsx';

interface Room {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly say: (count: number) => string;
}

/** What guests may hold of the cell; what it has none of is left out. */
function roomsOf(cell: Cell): readonly Room[] {
  const plain = (count: number) => String(count);
  const { vcpus_used, vcpus, memory_mib_used, memory_mib, cpus_used, cpus, pages } = cell;
  const rooms: readonly Room[] = [
    { name: 'vCPU', used: vcpus_used, limit: vcpus, say: plain },
    { name: 'memory', used: memory_mib_used, limit: memory_mib, say: memory },
    { name: 'dedicated CPUs', used: cpus_used, limit: cpus, say: plain },
    ...pages.map(({ size_kib, used, total, reserved }) => ({
      name: `pages of ${sizeInWords(size_kib)}`,
      used,
      limit: total - reserved,
      say: plain,
    })),
  ];
  return rooms.filter(({ used, limit }) => used > 0 || limit > 0);
}

export const CellBoxes = ({ cells }: { cells: readonly Cell[] }) => (
  <ul class="cells" aria-label="NUMA cells">
    {cells.map((cell) => {
      const rooms = roomsOf(cell);
      const told = rooms.map(
        ({ name, used, limit, say }) => `${say(used)} of ${say(limit)} ${name}`,
      );
      const text = `cell ${cell.cell}: ${told.join(', ')}`;
      return (
        <li key={cell.cell} class="cell" aria-label={text} title={text}>
          {rooms.map(({ name, used, limit }) => (
            <span key={name} class="cell-part">
              <span
                class="cell-fill"
                style={{ height: percent(fill(used, limit)).replace(' ', '') }}
              />
            </span>
          ))}
          <span class="cell-name">cell {cell.cell}</span>
        </li>
      );
    })}
  </ul>
);

export const CellGauges = ({ cell }: { cell: Cell }) => (
  <div class="gauges">
    {roomsOf(cell).map(({ name, used, limit, say }) => (
      <Gauge key={name} label={`Cell ${cell.cell} ${name}`} used={used} limit={limit} say={say} />
    ))}
  </div>
);
