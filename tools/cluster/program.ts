/** A program of the cluster, as a process that can be killed, stopped for a while, begun again. */
import { type ChildProcess, spawn } from 'node:child_process';

export class Program {
  readonly name: string;
  readonly #command: readonly [string, ...string[]];
  readonly #upWhen: string;
  #child: ChildProcess | null = null;
  #said = '';

  /** `upWhen`: what it says, on either stream, once it is up. */
  constructor(name: string, command: readonly [string, ...string[]], upWhen: string) {
    this.name = name;
    this.#command = command;
    this.#upWhen = upWhen;
  }

  /** Resolves once it is up; rejects if it ends before. */
  start(): Promise<void> {
    const [file, ...args] = this.#command;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#said = '';
    return new Promise((resolve, reject) => {
      const hear = (text: string) => {
        this.#said = (this.#said + text).slice(-4_000);
        if (this.#said.includes(this.#upWhen)) resolve();
      };
      child.stdout.setEncoding('utf8').on('data', hear);
      child.stderr.setEncoding('utf8').on('data', hear);
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = null;
        reject(new Error(`${this.name} ended with ${code ?? signal}: ${this.#said}`));
      });
    });
  }

  /** Null: it is not up. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get isUp(): boolean {
    return this.#child !== null;
  }

  /** Its last words, for whoever asks why it is not up. */
  get said(): string {
    return this.#said;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it; gives its exit code, null if it had to be killed. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null) return Promise.resolve(null);
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.kill(signal);
      child.kill('SIGCONT');
    });
  }
}
