/** What a host without anything reports: tests say what theirs has. */
import type { HostReport } from './report.ts';

export const plainReport: HostReport = {
  host: 'h1',
  uuid: 'aaaaaaaa-0000-4000-8000-000000000001',
  incarnation: 1,
  host_ip: '127.0.0.1',
  availability_zone: 'nova',
  hypervisor_type: 'simulated',
  hypervisor_version: 1,
  cpu_info: {},
  inventories: [],
  cells: [],
  traits: [],
  aggregates: [],
  guests: [],
};
