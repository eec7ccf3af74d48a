/** Starts the real agents for a test, in a process of their own, ended with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after } from 'node:test';
import { ROOT } from './product.ts';

export const CLI = join(ROOT, 'dist/main/cli.js');

/** Resolves once it says that it is up. */
export async function startAgent(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLI, 'agent', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  after(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('is up')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the agent ended with ${code}`)));
  });
  return child;
}

export const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
