/**
 * `plimsoll agent`: the agents of one or several hosts, as a process of their own, which dials its
 * control planes and may be restarted at will: guests outlive it.
 *
 *   tokens file (HOST TOKEN, a line each) ─► a host each ─► dialers, one a control plane
 *                                             │
 *   state directory ◄─────────────────────────┘   HOST.id: who it is
 *                                                 HOST.json: its simulated guests
 *                                                 HOST/: its real ones, and images it has had
 *
 * A control plane that is away is dialled again and again; orders come from whichever is there.
 */
import { join, resolve } from 'node:path';
import type { Agent } from '../core/agent/agent.ts';
import { carryOutDuties, type Ear } from '../core/agent/duties.ts';
import { present } from '../core/base/units.ts';
import type { FlagEntry, Variables } from '../core/config/resolve.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { realClock as clock } from '../real/clock.ts';
import { realEntropy as entropy } from '../real/entropy.ts';
import { FileGuestShelf } from '../real/guest-shelf.ts';
import { realJournal } from '../real/journal.ts';
import { realTraces } from '../real/traces.ts';
import { Dialer, type DialerAbout } from '../real/websocket/dialer.ts';
import { SimFabric } from '../sim/fabric.ts';
import { simulatedHost } from '../sim/simulated-host.ts';
import { Ears } from './agent/ears.ts';
import { type HostAtHand, hostConfigs } from './agent/host-configs.ts';
import { type AgentOptions, agentOptions } from './agent/options.ts';
import { tlsIdentityOf } from './agent/tls-identity.ts';
import { inLines } from './config/read-settings.ts';
import { qemuHostAfar } from './qemu/host-afar.ts';
import { SIZE } from './up/simulated-hosts.ts';

interface Up {
  readonly hosts: readonly string[];
  stop(): void;
}

/** Runs until it is told to stop; gives the exit code. */
export async function runAgent(flags: readonly FlagEntry[], variables: Variables): Promise<number> {
  const told = new Promise<void>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end());
  });
  const options = agentOptions(flags, variables);
  if (options.is === 'no') return complain(inLines(options.why));
  const up = await bringUp(options.value);
  if (up.is === 'no') return complain(up.why);
  const { hosts, stop } = up.value;
  console.log(`Agent of ${hosts.join(', ')} is up, for ${options.value.shown}`);
  await told;
  stop();
  console.log('Stopped.');
  return 0;
}

function complain(line: string): number {
  console.error(`plimsoll: ${line}`);
  return 1;
}

async function bringUp(options: AgentOptions): Promise<Decision<Up, string>> {
  const { tokens } = options;
  const journal = realJournal('info');
  const traces = realTraces();
  const names = tokens.map(({ host }) => host);
  const configs = hostConfigs({ ...options, names, state: resolve(options.state) }, (warning) =>
    console.error(`plimsoll: ${warning}`),
  );
  if (configs.is === 'no') return configs;
  const { driver } = options;
  const make = driver === 'simulated' ? makeSimulated(options) : makeReal(options, driver);
  const dialers: Line[] = [];
  let stopped = false;
  for (const { host, token } of tokens) {
    const made = await make(present(configs.value.get(host), 'a host at hand'), token);
    if (made.is === 'no') return no(`the host ${host} cannot start: ${made.why}`);
    const agent = made.value;
    const identity = tlsIdentityOf(options, host);
    if (identity.is === 'no') return identity;
    const lines = await Promise.all(
      options.control.map((url) =>
        lineTo(url, { token, agent, entropy, journal, traces, identity: identity.value }),
      ),
    );
    dialers.push(...lines);
    await Promise.all(lines.map((line) => line.start()));
    void carryOutDuties(agent, new Ears(lines), clock, () => stopped);
  }
  const stop = () => {
    stopped = true;
    for (const dialer of dialers) dialer.stop();
  };
  return done({ hosts: names, stop });
}

type Make = (host: HostAtHand, token: string) => Promise<Decision<Agent, string>>;

function makeSimulated(options: AgentOptions): Make {
  const state = resolve(options.state);
  const ports = { fabric: new SimFabric(), clock, journal: realJournal('info') };
  return async (host) => {
    const shelf = new FileGuestShelf(join(state, `${host.name}.json`));
    const made = await simulatedHost({ ...SIZE, ...ports, shelf, ...host });
    return made.is === 'no' ? made : done(made.value.agent);
  };
}

function makeReal(options: AgentOptions, engine: 'qemu' | 'libvirt'): Make {
  const { control, state, zone, listen, bandwidth_mib, accel, libvirt_socket: socket } = options;
  return async (host, token) => {
    const made = await qemuHostAfar({
      ...{ ...host, token, control, clock, engine, journal: realJournal('info') },
      ...(socket !== null && { socket }),
      ...(zone !== null && { zone }),
      ...(listen !== null && { listen }),
      ...(bandwidth_mib !== null && { bandwidth_mib }),
      ...(accel !== null && { accel }),
      directory: join(resolve(state), host.name),
    });
    return made.is === 'no' ? made : done(made.value.agent);
  };
}

interface Line extends Ear {
  start(): Promise<boolean>;
  stop(): void;
}

/** A control plane is dialled; through a NATS server all of them are reached. */
async function lineTo(url: string, about: Omit<DialerAbout, 'url'>): Promise<Line> {
  if (!/^(nats|tls):/.test(url)) return new Dialer({ ...about, url: socketUrl(url) });
  const { AgentLine } = await import('../real/nats/agent-line.ts');
  return new AgentLine({ ...about, url });
}

/** e.g. `http://h:8780` → `ws://h:8780`: people know their control plane by the former. */
const socketUrl = (url: string): string => url.replace(/^http/, 'ws');
