/**
 * `plimsoll agent`: the agents of one or several hosts, as a process of their own, which dials its
 * control planes and may be restarted at will: guests outlive it.
 *
 *   tokens file (HOST TOKEN, a line each) ─► a host each ─► dialers, one a control plane
 *                                             │
 *   state directory ◄─────────────────────────┘   HOST.json: its guests · HOST.id: who it is
 *
 * A control plane that is away is dialled again and again; orders come from whichever is there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AgentOptions } from '../cli/plimsoll.ts';
import { carryOutDuties } from '../core/agent/duties.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { realClock as clock } from '../real/clock.ts';
import { realEntropy as entropy } from '../real/entropy.ts';
import { FileGuestShelf } from '../real/guest-shelf.ts';
import { realJournal } from '../real/journal.ts';
import { Dialer } from '../real/websocket/dialer.ts';
import { SimFabric } from '../sim/fabric.ts';
import { simulatedHost } from '../sim/simulated-host.ts';
import { Ears } from './agent/ears.ts';
import { readTokens } from './agent/tokens.ts';
import { SIZE } from './up/simulated-hosts.ts';

interface Up {
  readonly hosts: readonly string[];
  stop(): void;
}

/** Runs until it is told to stop; gives the exit code. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const told = new Promise<void>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end());
  });
  const up = await bringUp(options);
  if (up.is === 'no') {
    console.error(`plimsoll: ${up.why}`);
    return 1;
  }
  const { hosts, stop } = up.value;
  console.log(`Agent of ${hosts.join(', ')} is up, for ${options.control.join(', ')}`);
  await told;
  stop();
  console.log('Stopped.');
  return 0;
}

async function bringUp(options: AgentOptions): Promise<Decision<Up, string>> {
  const tokens = readTokens(options.tokens);
  if (tokens.is === 'no') return tokens;
  const state = resolve(options.state);
  const fabric = new SimFabric();
  const journal = realJournal('info');
  const dialers: Dialer[] = [];
  let stopped = false;
  for (const { host, token } of tokens.value) {
    const uuid = identityOf(state, host);
    if (uuid.is === 'no') return uuid;
    const shelf = new FileGuestShelf(join(state, `${host}.json`));
    const ports = { fabric, clock, journal, shelf };
    const made = await simulatedHost({ ...SIZE, ...ports, name: host, uuid: uuid.value });
    if (made.is === 'no') return no(`the host ${host} cannot start: ${made.why}`);
    const { agent } = made.value;
    const lines = options.control.map(
      (url) => new Dialer({ url: socketUrl(url), token, agent, entropy, journal }),
    );
    dialers.push(...lines);
    await Promise.all(lines.map((line) => line.start()));
    void carryOutDuties(agent, new Ears(lines), clock, () => stopped);
  }
  const stop = () => {
    stopped = true;
    for (const dialer of dialers) dialer.stop();
  };
  return done({ hosts: tokens.value.map(({ host }) => host), stop });
}

/** e.g. `http://h:8780` → `ws://h:8780`: people know their control plane by the former. */
const socketUrl = (url: string): string => url.replace(/^http/, 'ws');

/** Drawn at the first start, and the same ever after. */
function identityOf(state: string, host: string): Decision<string, string> {
  const path = join(state, `${host}.id`);
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${entropy.uuid()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return no(`the state directory cannot be written: ${message}`);
  }
  const uuid = readFileSync(path, 'utf8').trim();
  return /^[0-9a-f-]{36}$/.test(uuid) ? done(uuid) : no(`${path} holds no UUID; restore it`);
}
