/** libvirt's numbers, as far as we go by them. They never change: they are part of its promise. */

/** Of errors (virErrorNumber). */
export const ERROR = {
  no_domain: 42,
  operation_invalid: 55,
  no_domain_metadata: 80,
} as const;

/** Of what a domain does (virDomainState). */
export const STATE = {
  running: 1,
  blocked: 2,
  paused: 3,
  shutting_down: 4,
  off: 5,
  crashed: 6,
} as const;

/** Why it is off (virDomainShutoffReason): by its guest, or by somebody who destroyed it. */
export const OFF_BY_ITSELF = 1;
export const OFF_BY_SOMEBODY = 2;

/** What happened to a domain (virDomainEventType), and by what (virDomainEventSuspendedDetail). */
export const EVENT = { suspended: 3, stopped: 5 } as const;

/** How a domain is moved (virDomainMigrateFlags). */
export const MIGRATE = {
  live: 1,
  paused: 1 << 5,
  copy_disks: 1 << 6,
  keep_others_out: 1 << 8,
} as const;
