/**
 * `/servers/{id}/diagnostics`: what is known of a guest from outside. For operators.
 *
 * Only what the books know is told: size, state, since when it runs. What only its host could
 * measure (times, octets, requests) is null, which is how this API says *not known*.
 *
 *   below 2.48 as the host's driver names things · 2.48 the same names for all drivers
 */
import { hosts } from '../../fleet/rows.ts';
import { done } from '../../ports/reply.ts';
import type { ServerRow, VmState } from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { findServer } from './servers.ts';

const states: Partial<Record<VmState, string>> = {
  active: 'running',
  paused: 'paused',
  suspended: 'suspended',
  stopped: 'shutdown',
};

async function show(ask: Ask, { ledger, clock }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const server = findServer(view, ask.params['id'], ask.caller);
    if (server.is === 'no') return server;
    const host = server.value.host === null ? undefined : view.rows(hosts).get(server.value.host);
    return done({ server: server.value, hypervisor: host?.hypervisor_type ?? null });
  });
  return answered(found, ({ server, hypervisor }) => {
    const state = server.host === null ? undefined : states[server.vm_state];
    if (state === undefined) {
      return fault(409, `Instance ${server.uuid} is ${server.vm_state}: there is no guest to ask.`);
    }
    const uptime = uptimeOf(server, clock.wall());
    if (ask.version < 48) return json(200, early(server));
    return json(200, { ...standard(server), state, uptime, hypervisor });
  });
}

/** In seconds, since it was launched; null while it does not run. */
const uptimeOf = ({ vm_state, launched_at_ms }: ServerRow, now_ms: number): number | null =>
  vm_state !== 'active' || launched_at_ms === null
    ? null
    : Math.max(0, Math.trunc((now_ms - launched_at_ms) / 1000));

/** In KiB. */
const early = ({ flavor }: ServerRow) => ({
  vcpus: flavor.vcpus,
  memory: flavor.memory_mib * 1024,
});

const standard = ({ flavor }: ServerRow) => ({
  driver: 'libvirt',
  hypervisor_os: null,
  config_drive: false,
  num_cpus: flavor.vcpus,
  num_nics: 0,
  num_disks: 1,
  memory_details: { maximum: flavor.memory_mib, used: null },
  cpu_details: Array.from({ length: flavor.vcpus }, (_, id) => {
    return { id, time: null, utilisation: null };
  }),
  nic_details: [],
  disk_details: [
    {
      read_bytes: null,
      read_requests: null,
      write_bytes: null,
      write_requests: null,
      errors_count: null,
    },
  ],
});

export const diagnosticRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/servers/:id/diagnostics', who: 'admin', handle: show },
];
