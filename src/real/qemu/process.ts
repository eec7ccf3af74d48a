/**
 * QEMU processes, which outlive whoever started them.
 *
 * A process is known by its id and the instant at which it began: ids come round again, so an id
 * alone might name a stranger's process by now, and we would end it.
 */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { until, within } from './waiting.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Since the machine started, in its clock ticks. */
  readonly began_ticks: number;
}

export const QEMU = 'qemu-system-x86_64';
const LOG = 'qemu.log';
const GONE_WITHIN_MS = 10_000;

/** Starts QEMU in a directory of its own; `no` is what it said. */
export async function startProcess(
  given: readonly string[],
  directory: string,
): Promise<Decision<ProcessIdentity, string>> {
  const log = await open(join(directory, LOG), 'w', 0o600);
  try {
    const child = spawn(QEMU, given, {
      cwd: directory,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    const trouble = new Promise<string | null>((resolve) => {
      child.once('spawn', () => resolve(null));
      child.once('error', (error) => resolve(error.message));
    });
    const why = await trouble;
    if (why !== null) return no(why);
    const identity = await identify(child.pid ?? 0);
    return identity === null ? no(await lastWords(directory)) : done(identity);
  } finally {
    await log.close();
  }
}

/** What QEMU has said, for whoever wants to know why it did not start. */
export async function lastWords(directory: string): Promise<string> {
  const said = await readFile(join(directory, LOG), 'utf8').catch(() => '');
  return said.trim().split('\n').slice(-3).join(' ').slice(-500) || 'QEMU ended without a word';
}

/** Null when there is no such process; one that waits to be buried is none. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field, the name, may hold anything; what follows its last bracket does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (stat === '' || state === 'Z' || state === 'X') return null;
  return { pid, began_ticks: Number(fields[19]) };
}

export async function isAlive({ pid, began_ticks }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.began_ticks === began_ticks;
}

/** Ends it by force, and answers when it is gone; false: it would not go. */
export async function end(identity: ProcessIdentity): Promise<boolean> {
  if (!(await isAlive(identity))) return true;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch {
    // It went by itself in between.
  }
  const gone = await until(GONE_WITHIN_MS, async () => ((await isAlive(identity)) ? null : true));
  return gone === true;
}

/** Runs a tool of QEMU's to its end; `no` is what it said. */
export async function runTool(
  command: string,
  given: readonly string[],
  within_ms: number,
): Promise<Decision<{ readonly code: number; readonly output: string }, string>> {
  const child = spawn(command, given, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output = (output + piece.toString()).slice(-20_000);
    });
  }
  const ended = new Promise<Decision<number, string>>((resolve) => {
    child.once('error', (error) => resolve(no(error.message)));
    child.once('close', (code) => resolve(done(code ?? -1)));
  });
  const outcome = await within(within_ms, ended, no(`${command}: no end after ${within_ms} ms`));
  child.kill('SIGKILL');
  return outcome.is === 'no' ? outcome : done({ code: outcome.value, output });
}
