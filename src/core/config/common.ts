/** What is said of several processes, for those who need not load what other settings need. */
import { path } from './kinds.ts';
import { setting } from './setting.ts';

export const configFile = setting(path, {
  key: 'plimsoll.config',
  flag: 'config',
  placeholder: 'FILE',
  says: 'A file that says what flags and environment do not.',
  unit: null,
  otherwise: 'none',
  read_by: ['control plane', 'agent', 'placement'],
  not_in_file: true,
});

export const providerConfig = setting(path, {
  key: 'compute.provider_config_location',
  flag: 'provider-config',
  placeholder: 'DIR',
  says: "Files with traits and inventories of hosts, in upstream's format.",
  unit: null,
  otherwise: 'none',
  read_by: ['control plane', 'agent'],
});
