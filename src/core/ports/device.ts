/** Devices on their way between rooms and machines: as a machine has them, as a guest gets them. */

/** A device of a machine, before its operator offers it to anybody. */
export interface MachineDevice {
  /** e.g. `0000:3b:00.1` */
  readonly address: string;
  readonly kind: 'PCI' | 'PF' | 'VF';
  /** The address of the PF that it is a function of; null: of none. */
  readonly parent: string | null;
  readonly vendor_id: string;
  readonly product_id: string;
  /** Null: the machine does not know. */
  readonly cell: number | null;
  /** Stays when the machine numbers its devices anew; null: it has none. */
  readonly serial: string | null;
  /** Types of shares that its driver can make of it, and how many of each at most. */
  readonly mdev_types?: Readonly<Record<string, number>>;
}

/** A device that a guest has to itself. */
export interface GuestDevice {
  /** What the host told it by (devices/device.ts: DV2). */
  readonly id: string;
  readonly address: string;
  /** Of a share that is to be made; null: the device itself. */
  readonly mdev_type: string | null;
}

/** A part of a machine's persistent memory that one guest can have. */
export interface PersistentMemory {
  /** Its operator's. */
  readonly name: string;
  /** e.g. `/dev/dax0.0` */
  readonly address: string;
  /** Null: the machine does not know. */
  readonly cell: number | null;
}
