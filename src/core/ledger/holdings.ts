/** All that one consumer holds, as the books keep it. */
import type { DeviceHoldRow } from './device-rows.ts';
import type {
  AllocationRow,
  CellHoldRow,
  ConsumerRow,
  CpuPinRow,
  PageHoldRow,
  SlotRow,
} from './rows.ts';

/** A consumer with all that it holds; an entry with nothing left is taken away by its deleter. */
export interface Consumer {
  row: ConsumerRow;
  allocations: AllocationRow[];
  cellHolds: CellHoldRow[];
  pins: CpuPinRow[];
  pages: PageHoldRow[];
  devices: DeviceHoldRow[];
  slots: SlotRow[];
}

export const holdingNothing = (): Omit<Consumer, 'row'> => ({
  allocations: [],
  cellHolds: [],
  pins: [],
  pages: [],
  devices: [],
  slots: [],
});

export const holdsNothing = ({ row: _, ...held }: Consumer): boolean =>
  Object.values(held).every(({ length }) => length === 0);
