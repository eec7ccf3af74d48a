/** What `plimsoll agent` is told: by flags, the environment and a configuration file. */
import * as agents from '../../core/config/agents.ts';
import { deviceSpec } from '../../core/config/hosts.ts';
import type { FlagEntry, Variables } from '../../core/config/resolve.ts';
import { shown } from '../../core/config/shown.ts';
import type { DeviceSpec } from '../../core/devices/spec.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Accel } from '../../real/qemu/accel.ts';
import { readNamed, readSettings } from '../config/read-settings.ts';
import { type HostSettings, readHostSettings } from '../up/host-settings.ts';
import { type HostToken, readTokens } from './tokens.ts';

export interface AgentOptions {
  /** Where the control planes are. */
  readonly control: readonly string[];
  /** The same, for people. */
  readonly shown: string;
  /** The hosts and their tokens. */
  readonly tokens: readonly HostToken[];
  /** The directory of certificates, HOST.crt and HOST.key; null: none are shown. */
  readonly certificates: string | null;
  /** The file with the authority of the control planes; null: those that Node trusts. */
  readonly ca: string | null;
  /** The directory where it keeps what must outlive it. */
  readonly state: string;
  readonly driver: 'simulated' | 'qemu' | 'libvirt';
  /** Where libvirtd listens; null: where it does by itself. */
  readonly libvirt_socket: string | null;
  /** The availability zone of its hosts; null: as the driver has it. */
  readonly zone: string | null;
  /** The program that cleans devices that are used once; null: somebody else does. */
  readonly clean_device: string | null;
  /** The address by which other hosts send guests to these. */
  readonly listen: string | null;
  /** What a guest may take that is sent elsewhere; null: all there is. */
  readonly bandwidth_mib: number | null;
  /** How real guests are run; null: it is tried out. */
  readonly accel: Accel | null;
  readonly settings: HostSettings;
  readonly devices: readonly DeviceSpec[];
}

/** The options, or a line for each thing that is wrong with them. */
export function agentOptions(
  flags: readonly FlagEntry[],
  variables: Variables,
): Decision<AgentOptions, readonly string[]> {
  const read = readSettings(['agent'], { flags, variables }, [agents.tokens]);
  const [settings, tokens] = [readHostSettings(read), readNamed(read, agents.tokens, tokensOf, [])];
  if (tokens.is === 'no') return no([...(settings.is === 'no' ? settings.why : []), ...tokens.why]);
  if (settings.is === 'no') return settings;
  const said = read.settings;
  const control = said.of(agents.control);
  return done({
    control,
    shown: shown(agents.control, control),
    tokens: tokens.value,
    certificates: said.of(agents.certificates),
    ca: said.of(agents.ca),
    state: said.of(agents.state),
    driver: said.of(agents.driver),
    libvirt_socket: said.of(agents.libvirtSocket),
    zone: said.of(agents.zone),
    clean_device: said.of(agents.cleanDevice),
    listen: said.of(agents.listen),
    bandwidth_mib: said.of(agents.bandwidth),
    accel: tried(said.of(agents.accel)),
    settings: settings.value,
    devices: said.of(deviceSpec) ?? [],
  });
}

const tried = (said: (typeof agents.ACCELS)[number]): Accel | null =>
  said === 'auto' ? null : said;

function tokensOf(path: string): Decision<readonly HostToken[], readonly string[]> {
  const tokens = readTokens(path);
  return tokens.is === 'no' ? no([tokens.why]) : tokens;
}
