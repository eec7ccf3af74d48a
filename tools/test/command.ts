/** Runs another program in the checkout's root, shows what it says, and keeps it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  /** Null where the program could not be started or was ended by a signal. */
  readonly code: number | null;
  /** What it said on standard output; why, where it could not be started. */
  readonly output: string;
}

export function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const program = spawn(command, args, {
    cwd: root,
    // Without the mark of node:test, which would have a `node --test` in here run nothing.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    pieces.push(text);
    process.stdout.write(text);
  });
  program.stderr.pipe(process.stderr, { end: false });
  program.on('error', (error) => resolve({ code: null, output: error.message }));
  program.on('close', (code) => resolve({ code, output: pieces.join('') }));
  return promise;
}

export const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';
