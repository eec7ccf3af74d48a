/**
 * Devices of hosts that guests get to themselves: whole cards, functions of cards, and shares that
 * a driver makes of them (mdevs: vGPUs).
 *
 *   PF 0000:3b:00.0            pool: one provider below the host's, for a device and its parts
 *    ├── VF 0000:3b:02.0
 *    └── VF 0000:3b:02.1       parts and whole exclude each other, whoever takes first
 *
 *   spec.ts    which devices of a machine its operator offers          (address.ts: which address)
 *   offer.ts   the machine's devices by those specs, as they are reported
 *   alias.ts   what flavors ask for by name
 *   choice.ts  which free devices answer a request
 *   pmem.ts    namespaces of persistent memory, which are devices too
 *
 * All of it is pure. Who holds a device is the ledger's to know (ledger/devices.ts); what a host
 * has, its hypervisor's to tell.
 *
 *   DV1  a device has one holder at most, and while it is held neither its parts nor the whole that
 *        it is part of are anybody else's;
 *   DV2  a device is known by what stays when addresses are dealt out anew (`id`);
 *   DV3  what is held is never taken away nor changed: news of it waits until it is let go.
 */

/**
 * `PCI`: a card without functions of its own; `PF` and `VF`: of a card with; `mdev`: a share;
 * `pmem`: a namespace of persistent memory.
 */
export type DeviceKind = 'PCI' | 'PF' | 'VF' | 'mdev' | 'pmem';

/** What is known of a device, besides who holds it. */
export interface DeviceFacts {
  /** The same for as long as the device is in this host (DV2). */
  readonly id: string;
  /** As the machine numbers it now, e.g. `0000:3b:00.1`. */
  readonly address: string;
  readonly kind: DeviceKind;
  /** The id of what it is a part of. */
  readonly parent: string | null;
  readonly vendor_id: string;
  readonly product_id: string;
  /** The NUMA cell that it is near; null: the machine does not know. */
  readonly cell: number | null;
  /** The cells of its socket; null: the machine does not know. */
  readonly socket_cells: readonly number[] | null;
  readonly resource_class: string;
  readonly traits: readonly string[];
  /** Of a network: such a device is no inventory of its host, the network counts it. */
  readonly physical_network: string | null;
  readonly live_migratable: boolean;
  /** It must be cleaned before anybody else may have it. */
  readonly one_time_use: boolean;
  /** Only of an mdev. */
  readonly mdev_type: string | null;
}
