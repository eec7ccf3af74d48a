/** The tables of servers, flavors and images. A server's id is its consumer's id in the ledger. */
import { table } from '../base/table.ts';
import { lifetimeOf } from './lifetime.ts';
import type { Particulars } from './particulars.ts';

export interface FlavorRow {
  /** What users name it by: a UUID, or what its creator chose. */
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly memory_mib: number;
  readonly disk_gib: number;
  readonly ephemeral_gib: number;
  readonly swap_mib: number;
  readonly rxtx_factor: number;
  readonly is_public: boolean;
  readonly description: string | null;
  readonly extra_specs: Readonly<Record<string, string>>;
  /** Projects that may use it when it is not public. */
  readonly access: readonly string[];
  readonly created_at_ms: number;
}

export interface ImageRow {
  readonly id: string;
  readonly name: string;
  readonly status: 'queued' | 'saving' | 'active';
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
  readonly owner: string;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly size_bytes: number | null;
  readonly checksum: string | null;
  readonly min_disk_gib: number;
  readonly min_ram_mib: number;
  readonly protected: boolean;
  readonly tags: readonly string[];
  /** Every further property, as Glance has them: flat, text to text. */
  readonly properties: Readonly<Record<string, string>>;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

/** What a server is, as its owner sees it. */
export type VmState =
  | 'building'
  | 'active'
  | 'stopped'
  | 'paused'
  | 'suspended'
  | 'rescued'
  | 'soft-delete'
  | 'shelved'
  | 'shelved_offloaded'
  | 'resized'
  | 'error'
  | 'deleted';
/** What is being done with it; null: nothing. */
export type TaskState =
  | 'scheduling'
  | 'spawning'
  | 'migrating'
  | 'deleting'
  | 'powering-on'
  | 'powering-off'
  | 'pausing'
  | 'unpausing'
  | 'suspending'
  | 'resuming'
  | 'rebooting'
  | 'rebooting_hard'
  | 'reboot_started'
  | 'reboot_started_hard'
  | 'rebuilding'
  | 'rebuild_spawning'
  | 'rescuing'
  | 'unrescuing'
  | 'image_snapshot_pending'
  | 'image_backup'
  | 'image_uploading'
  | 'soft-deleting'
  | 'restoring'
  | 'shelving'
  | 'shelving_image_uploading'
  | 'shelving_offloading'
  | 'unshelving'
  | 'resize_prep'
  | 'resize_migrating'
  | 'resize_reverting'
  | null;

/** Who locked it, which tells who may open it again, and why. */
export interface ServerLock {
  readonly by: 'owner' | 'admin';
  readonly reason: string | null;
}

export interface ServerRow {
  readonly uuid: string;
  readonly name: string;
  readonly project_id: string;
  readonly user_id: string;
  /** The flavor as it was when the server was made (or last resized). */
  readonly flavor: FlavorRow;
  readonly image_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly key_name: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly availability_zone: string | null;
  /** The name of the host that it is on. */
  readonly host: string | null;
  readonly vm_state: VmState;
  readonly task_state: TaskState;
  /** The run that may change this server; null: none. Only one at a time (the fence). */
  readonly run_id: string | null;
  /**
   * Why it is in error: shown as its fault. `explanation_id` tells more where it was a decision.
   */
  readonly fault: {
    readonly code: number;
    readonly message: string;
    /** Stable, for programs, where it was a decision: e.g. `no-room`. */
    readonly reason?: string;
    readonly created_at_ms: number;
    readonly explanation_id: string | null;
  } | null;
  readonly group_uuid: string | null;
  /** The request beyond flavor and image: hints, domain, forced or ignored hosts. */
  readonly hints: Readonly<Record<string, unknown>>;
  /** Null: anybody of its project may change it. */
  readonly lock: ServerLock | null;
  /** Shared by all that one request made; null: it was made alone. */
  readonly reservation_id: string | null;
  /** Null: nothing was said. particulars.ts */
  readonly particulars: Particulars | null;
  readonly launched_at_ms: number | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
}

/** What all servers of one request share; one that was made alone shares it with nobody. */
export const reservationOf = ({ uuid, reservation_id }: ServerRow): string =>
  reservation_id ?? reservationFor(uuid);

/** Of the end of its id: the beginning is its time, which others share. */
export const reservationFor = (first_uuid: string): string => `r-${first_uuid.slice(-8)}`;

export interface ServerGroupRow {
  readonly uuid: string;
  readonly name: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly policy: string;
  readonly max_server_per_host: number | null;
}

export const flavors = table<FlavorRow>({
  name: 'flavor',
  columns: {
    id: 'text',
    name: 'text',
    vcpus: 'integer',
    memory_mib: 'integer',
    disk_gib: 'integer',
    ephemeral_gib: 'integer',
    swap_mib: 'integer',
    rxtx_factor: 'real',
    is_public: 'boolean',
    description: 'text?',
    extra_specs: 'json',
    access: 'json',
    created_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['name'],
});

export const images = table<ImageRow>({
  name: 'image',
  columns: {
    id: 'text',
    name: 'text',
    status: 'text',
    visibility: 'text',
    owner: 'text',
    disk_format: 'text?',
    container_format: 'text?',
    size_bytes: 'integer?',
    checksum: 'text?',
    min_disk_gib: 'integer',
    min_ram_mib: 'integer',
    protected: 'boolean',
    tags: 'json',
    properties: 'json',
    created_at_ms: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['name'],
});

export const servers = table<ServerRow>({
  name: 'server',
  columns: {
    uuid: 'text',
    name: 'text',
    project_id: 'text',
    user_id: 'text',
    flavor: 'json',
    image_id: 'text?',
    metadata: 'json',
    key_name: 'text?',
    description: 'text?',
    tags: 'json',
    availability_zone: 'text?',
    host: 'text?',
    vm_state: 'text',
    task_state: 'text?',
    run_id: 'text?',
    fault: 'json?',
    group_uuid: 'text?',
    hints: 'json',
    lock: 'json?',
    reservation_id: 'text?',
    particulars: 'json?',
    launched_at_ms: 'integer?',
    created_at_ms: 'integer',
    updated_at_ms: 'integer',
  },
  primary: ['uuid'],
  indexes: ['project_id', 'host', 'name'],
  // How much a host is at work, how long its servers stay and of what, is what weighers go by.
  tells: ({ host, task_state, flavor, hints, image_id }) =>
    host === null
      ? null
      : { provider: host, fact: `${factOf(task_state, flavor, hints)}, from ${image_id}` },
});

function factOf(task: TaskState, flavor: FlavorRow, hints: ServerRow['hints']): string {
  const lifetime = lifetimeOf({ flavor, hints });
  const stays = lifetime.is === 'done' ? lifetime.value : null;
  return `${task === null ? 'at rest' : 'at work'}, stays ${stays}`;
}

export const serverGroups = table<ServerGroupRow>({
  name: 'server_group',
  columns: {
    uuid: 'text',
    name: 'text',
    project_id: 'text',
    user_id: 'text',
    policy: 'text',
    max_server_per_host: 'integer?',
  },
  primary: ['uuid'],
  indexes: ['project_id'],
});
