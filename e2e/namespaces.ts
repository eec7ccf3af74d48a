/** Network namespaces as machines: made together with their wires, and gone together. */
import { execFileSync } from 'node:child_process';

export const ip = (line: string): void =>
  void execFileSync('ip', line.split(' '), { stdio: 'pipe' });

export class Namespaces<Machine extends string> {
  readonly #machines: readonly Machine[];
  protected readonly mark = String(process.pid % 100_000);

  constructor(machines: readonly Machine[]) {
    this.#machines = machines;
  }

  /** Why they cannot be had; null: they can. */
  static missing(): string | null {
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    try {
      ip('netns add plimsoll-try');
      ip('netns del plimsoll-try');
      return null;
    } catch {
      return 'there are no network namespaces here';
    }
  }

  /** The machines, and what `wire` puts between them; all of it or nothing. */
  protected make(wire: () => void): void {
    try {
      for (const machine of this.#machines) ip(`netns add ${this.name(machine)}`);
      wire();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  name(machine: Machine): string {
    return `plim${this.mark}${machine}`;
  }

  remove(): void {
    for (const machine of this.#machines) {
      try {
        ip(`netns del ${this.name(machine)}`);
      } catch {
        // It was never made.
      }
    }
  }
}
