/**
 * The lines on which agents elsewhere are reached: those that dial this process (WebSocket), and,
 * where one is named, a NATS server between them and all control planes.
 */
import { readFileSync } from 'node:fs';
import { hostOfToken } from '../../core/fleet/agent-tokens.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Traces } from '../../core/ports/traces.ts';
import type { Replica } from '../../core/replica.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';
import { realPasswords as passwords } from '../../real/passwords.ts';
import { Switchboard } from '../../real/websocket/switchboard.ts';
import { firstLine } from './database.ts';
import type { UpOptions } from './options.ts';
import type { Wires } from './wires.ts';

export interface Lines {
  readonly upgrade: Switchboard['upgrade'];
  /** The host that a token speaks for; null: it is nobody's. */
  readonly hostOf: (token: string) => Promise<string | null>;
  /** What is under way on each kind of line. */
  readonly figures: () => ReadonlyMap<string, LineFigures>;
  /** Whether the broker is there, if one is named. */
  readonly hasBroker: () => boolean;
  close(): Promise<void>;
}

interface LinesAbout {
  readonly journal: Journal;
  readonly wire: Wires;
  readonly traces: Traces;
}

export interface LineFigures {
  readonly agents: number;
  readonly under_way: number;
}

export async function openLines(
  { nats, nats_key, tls }: Pick<UpOptions, 'nats' | 'nats_key' | 'tls'>,
  { ledger, muster }: Pick<Replica, 'ledger' | 'muster'>,
  { journal, wire, traces }: LinesAbout,
): Promise<Decision<Lines, string>> {
  const hostOf = async (token: string) => {
    await ledger.current();
    return ledger.read((view) => hostOfToken(view, passwords.digest(token)));
  };
  const certified = tls !== null && tls.agent_ca !== null;
  const switchboard = new Switchboard({ ear: muster, journal, hostOf, certified, traces });
  wire.connect(switchboard);
  const ends = [async () => switchboard.close()];
  const figures = new Map([['websocket', () => switchboard.figures]]);
  let hasBroker = () => true;
  if (nats !== null) {
    // Only who uses NATS loads what speaks to it.
    const { Broker } = await import('../../real/nats/broker.ts');
    try {
      const seed = new Uint8Array(readFileSync(nats_key ?? ''));
      const name = entropy.uuid();
      const broker = await Broker.open({
        url: nats,
        seed: trimmed(seed),
        ear: muster,
        journal,
        name,
        traces,
      });
      wire.connect(broker);
      figures.set('nats', () => broker.figures);
      hasBroker = () => broker.isConnected;
      ends.push(() => broker.close());
    } catch (error) {
      return no(`${nats} cannot be used: ${firstLine((error as Error).message)}; see --nats-key`);
    }
  }
  const close = async () => {
    for (const end of ends) await end();
  };
  return done({
    upgrade: (...about) => switchboard.upgrade(...about),
    figures: () => new Map([...figures].map(([line, read]) => [line, read()])),
    hostOf,
    hasBroker,
    close,
  });
}

/** Without the line's end that editors leave. */
const trimmed = (seed: Uint8Array): Uint8Array =>
  new TextEncoder().encode(new TextDecoder().decode(seed).trim());
