/** The ledger's tables of devices that consumers hold one by one. */
import { table } from '../base/table.ts';
import type { DeviceFacts } from '../devices/device.ts';

/** What is known of a device, and which inventory counts it. */
export interface PlacedDevice {
  /** The provider of its pool; null: it is a network's, and in no inventory. */
  readonly pool_id: number | null;
  readonly resource_class_id: number;
  readonly facts: DeviceFacts;
}

export type DeviceState =
  /** There for whoever is first, unless it or a relative is held. */
  | 'offered'
  /** Was used by somebody who may have left something in it: nobody's until it is said clean. */
  | 'cleaning'
  /** Held, and no longer reported: taken away once it is let go. */
  | 'gone'
  /** Both: taken away once it is clean. */
  | 'gone-unclean';

export interface DeviceRow extends PlacedDevice {
  /** Of its host's root. */
  readonly provider_id: number;
  /** `facts.id` */
  readonly device: string;
  readonly state: DeviceState;
  /** How often it was used so that it had to be cleaned; only of devices that are used once. */
  readonly uses: number;
  /** What was reported of it while it was held, and counts once it is let go (DV3). */
  readonly parked: PlacedDevice | null;
}

/** A device, and its only holder. */
export interface DeviceHoldRow {
  readonly provider_id: number;
  readonly device: string;
  readonly consumer_uuid: string;
  /** The alias that asked for it; '' where an amount did. */
  readonly request: string;
}

export const devices = table<DeviceRow>({
  name: 'device',
  columns: {
    provider_id: 'integer',
    device: 'text',
    pool_id: 'integer?',
    resource_class_id: 'integer',
    state: 'text',
    uses: 'integer',
    facts: 'json',
    parked: 'json?',
  },
  primary: ['provider_id', 'device'],
});

export const deviceHolds = table<DeviceHoldRow>({
  name: 'device_hold',
  columns: { provider_id: 'integer', device: 'text', consumer_uuid: 'text', request: 'text' },
  primary: ['provider_id', 'device'],
});
