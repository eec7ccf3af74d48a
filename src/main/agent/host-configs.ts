/** What is said of each host of an agent: all of it is read before any of them starts. */
import type { HostConfig } from '../../core/agent/config.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { strangersAmong } from '../../real/provider-files/read-directory.ts';
import { readHostSettings, settingsOf } from '../up/host-settings.ts';
import { identityOf } from './identity.ts';

export interface HostAtHand {
  readonly name: string;
  readonly uuid: string;
  readonly config: Partial<HostConfig>;
}

export interface HostsAbout {
  readonly names: readonly string[];
  /** The state directory. */
  readonly state: string;
  readonly zone: string | undefined;
  readonly provider_config: string | undefined;
}

/** By name. `warn` hears what of the provider files is not used. */
export function hostConfigs(
  { names, state, zone, provider_config }: HostsAbout,
  warn: (warning: string) => void,
): Decision<ReadonlyMap<string, HostAtHand>, string> {
  const settings = readHostSettings(process.env, provider_config ?? null);
  if (settings.is === 'no') return settings;
  const hosts: HostAtHand[] = [];
  for (const name of names) {
    const uuid = identityOf(state, name);
    if (uuid.is === 'no') return uuid;
    const said = settingsOf(settings.value, { name, uuid: uuid.value });
    if (said.is === 'no') return no(`the host ${name} cannot start: ${said.why}`);
    const config = { ...said.value, ...(zone !== undefined && { availability_zone: zone }) };
    hosts.push({ name, uuid: uuid.value, config });
  }
  const { files } = settings.value;
  for (const warning of [...files.warnings, ...strangersAmong(files, hosts)]) warn(warning);
  return done(new Map(hosts.map((host) => [host.name, host])));
}
