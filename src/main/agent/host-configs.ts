/** What is said of each host of an agent: all of it is read before any of them starts. */
import type { CleanDevice } from '../../core/agent/cleaning.ts';
import type { HostConfig } from '../../core/agent/config.ts';
import type { DeviceSpec } from '../../core/devices/spec.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { cleanBy } from '../../real/clean-device.ts';
import { strangersAmong } from '../../real/provider-files/read-directory.ts';
import { readHostSettings, settingsOf } from '../up/host-settings.ts';
import { readPciOptions } from '../up/pci-options.ts';
import { identityOf } from './identity.ts';

export interface HostAtHand {
  readonly name: string;
  readonly uuid: string;
  readonly config: Partial<HostConfig>;
  /** Left out: its devices are cleaned by somebody else. */
  readonly clean?: CleanDevice;
}

export interface HostsAbout {
  readonly names: readonly string[];
  /** The state directory. */
  readonly state: string;
  readonly zone: string | undefined;
  readonly provider_config: string | undefined;
  /** The program that cleans devices. */
  readonly clean_device: string | undefined;
}

/** An agent offers the devices that it was told to offer, and no others. */
function devicesSaid(env: NodeJS.ProcessEnv): Decision<readonly DeviceSpec[], string> {
  const { OS_PCI__DEVICE_SPEC = '[]' } = env;
  const said = readPciOptions({ OS_PCI__DEVICE_SPEC });
  return said.is === 'no' ? said : done(said.value.devices);
}

/** By name. `warn` hears what of the provider files is not used. */
export function hostConfigs(
  { names, state, zone, provider_config, clean_device }: HostsAbout,
  warn: (warning: string) => void,
): Decision<ReadonlyMap<string, HostAtHand>, string> {
  const settings = readHostSettings(process.env, provider_config ?? null);
  if (settings.is === 'no') return settings;
  const devices = devicesSaid(process.env);
  if (devices.is === 'no') return devices;
  const hosts: HostAtHand[] = [];
  for (const name of names) {
    const uuid = identityOf(state, name);
    if (uuid.is === 'no') return uuid;
    const said = settingsOf(settings.value, { name, uuid: uuid.value });
    if (said.is === 'no') return no(`the host ${name} cannot start: ${said.why}`);
    const config = {
      ...said.value,
      devices: devices.value,
      ...(zone !== undefined && { availability_zone: zone }),
    };
    const clean = clean_device === undefined ? {} : { clean: cleanBy(clean_device) };
    hosts.push({ name, uuid: uuid.value, config, ...clean });
  }
  const { files } = settings.value;
  for (const warning of [...files.warnings, ...strangersAmong(files, hosts)]) warn(warning);
  return done(new Map(hosts.map((host) => [host.name, host])));
}
