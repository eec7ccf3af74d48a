/**
 * The CPUs of hosts that guests hold one by one: which there are, and who holds each.
 *
 *   cores   by provider and cell: the cores whose CPUs may be held     (numa_cell_cpus)
 *   held    by provider and CPU: the one that holds it                 (cpu_pin)
 *
 *   P1  a CPU has at most one holder: it is the key of its row;
 *   P2  what is free is what the cores have and nobody holds. A CPU that is held and that the host
 *       has taken out of its cores since stays its holder's, and is nobody's after that.
 */
import { Bits } from '../base/bits.ts';
import { at, newList, newMap, place } from '../base/places.ts';
import { type FreeCore, freeCores, roomFor, type ThreadPolicy } from '../topology/cores.ts';
import type { CellCpusRow, CpuPinRow } from './rows.ts';

/** What is free of one cell, and how many vCPUs that is under each policy. */
export interface CpuRoom {
  readonly cell: number;
  readonly cores: readonly FreeCore[];
  readonly room: Readonly<Record<ThreadPolicy, number>>;
}

export class Pins {
  /** By provider: its cells, rising. */
  readonly cores: (CellCpusRow[] | undefined)[] = [];
  readonly held: (Map<number, CpuPinRow> | undefined)[] = [];
  /** Reckoned when somebody asks, and forgotten with the next change of the provider. */
  readonly #rooms: (readonly CpuRoom[] | undefined)[] = [];
  /** The same of the CPUs of its cores; its own cores alone change them. */
  readonly #offered: (Bits | undefined)[] = [];

  /** Puts or takes away a cell's cores; gives the row that was there. */
  applyCores(row: CellCpusRow, gone: boolean): CellCpusRow | undefined {
    this.#rooms[row.provider_id] = undefined;
    this.#offered[row.provider_id] = undefined;
    return place(at(this.cores, row.provider_id, newList<CellCpusRow>), row, gone, byCell);
  }

  /** Puts or takes away a hold; gives the row that was there. */
  applyPin(row: CpuPinRow, gone: boolean): CpuPinRow | undefined {
    this.#rooms[row.provider_id] = undefined;
    const held = at(this.held, row.provider_id, newMap<number, CpuPinRow>);
    const before = held.get(row.cpu);
    if (gone) held.delete(row.cpu);
    else held.set(row.cpu, row);
    return before;
  }

  holder(provider: number, cpu: number): CpuPinRow | undefined {
    return this.held[provider]?.get(cpu);
  }

  has(provider: number, cpu: number): boolean {
    const known = this.#offered[provider] ?? this.#offeredBy(provider);
    return known.has(cpu);
  }

  /** Undefined: guests hold no CPUs of this cell. */
  roomIn(provider: number, cell: number): CpuRoom | undefined {
    const rooms = this.#rooms[provider] ?? this.#reckon(provider);
    return rooms.find((one) => one.cell === cell);
  }

  #offeredBy(provider: number): Bits {
    const offered = new Bits();
    for (const { cores } of this.cores[provider] ?? []) {
      for (const { cpus } of cores) for (const cpu of cpus) offered.add(cpu);
    }
    this.#offered[provider] = offered;
    return offered;
  }

  #reckon(provider: number): readonly CpuRoom[] {
    const held = this.held[provider];
    const rooms = (this.cores[provider] ?? []).map(({ cell, cores: all }) => {
      const cores = freeCores(all, (cpu) => held?.has(cpu) === true);
      const [prefer, require, isolate] = [
        roomFor(cores, 'prefer'),
        roomFor(cores, 'require'),
        roomFor(cores, 'isolate'),
      ];
      return { cell, cores, room: { prefer, require, isolate } };
    });
    this.#rooms[provider] = rooms;
    return rooms;
  }
}

const byCell = (a: CellCpusRow, b: CellCpusRow) => a.cell - b.cell;
