/** What is said of each host of an agent: all of it is read before any of them starts. */
import type { CleanDevice } from '../../core/agent/cleaning.ts';
import type { HostConfig } from '../../core/agent/config.ts';
import type { DeviceSpec } from '../../core/devices/spec.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { cleanBy } from '../../real/clean-device.ts';
import { strangersAmong } from '../../real/provider-files/read-directory.ts';
import { type HostSettings, settingsOf } from '../up/host-settings.ts';
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
  readonly zone: string | null;
  /** The program that cleans devices. */
  readonly clean_device: string | null;
  readonly settings: HostSettings;
  /** Which devices they offer, and no others. */
  readonly devices: readonly DeviceSpec[];
}

/** By name. `warn` hears what of the provider files is not used. */
export function hostConfigs(
  { names, state, zone, clean_device, settings, devices }: HostsAbout,
  warn: (warning: string) => void,
): Decision<ReadonlyMap<string, HostAtHand>, string> {
  const hosts: HostAtHand[] = [];
  for (const name of names) {
    const uuid = identityOf(state, name);
    if (uuid.is === 'no') return uuid;
    const said = settingsOf(settings, { name, uuid: uuid.value });
    if (said.is === 'no') return no(`the host ${name} cannot start: ${said.why}`);
    const config = {
      ...said.value,
      devices,
      ...(zone !== null && { availability_zone: zone }),
    };
    const clean = clean_device === null ? {} : { clean: cleanBy(clean_device) };
    hosts.push({ name, uuid: uuid.value, config, ...clean });
  }
  const { files } = settings;
  for (const warning of [...files.warnings, ...strangersAmong(files, hosts)]) warn(warning);
  return done(new Map(hosts.map((host) => [host.name, host])));
}
