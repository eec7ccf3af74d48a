/**
 * The life of one process. When it ends, the process must never do anything again; yet its promises
 * are still in memory. So each port it was given goes dead with it:
 *
 *   process ──asks──► mortal(port, life) ──► port
 *      ▲                     │
 *      └──── answer ─────────┘   never, once the life has ended
 *
 * All that a process of the core waits for is a port. A process none of whose waits ever ends is
 * dead: not one line of it runs again. What it asked for before its death may still happen.
 */
import { assert } from '../core/base/units.ts';

export class Life {
  readonly name: string;
  #alive = true;

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  end(): void {
    this.#alive = false;
  }

  /** The promise, as long as this life lasts; then one that never comes to anything. */
  outlast<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.#alive && resolve(value),
        (bug: unknown) => this.#alive && reject(bug),
      );
    });
  }
}

type Method = (...args: unknown[]) => unknown;

/** The port, for one life. That a dead process calls it would be a hole in the simulation. */
export function mortal<Port extends object>(port: Port, life: Life): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        assert(life.alive, `${life.name} is dead, and yet calls ${String(name)}`);
        const result = (value as Method).apply(target, args);
        return result instanceof Promise ? life.outlast(result) : result;
      };
    },
  });
}
