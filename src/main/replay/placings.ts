/** Waits for servers to get their places, by listening to what the ledger commits. */
import { assert } from '../../core/base/units.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { Batch } from '../../core/ports/store.ts';
import type { Operations } from '../../core/sagas/operations.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';
import { realClock as clock } from '../../real/clock.ts';

export class Placings {
  readonly #unsubscribe: () => void;
  /** When each was seen to have a place, or none, in the order of the commits. */
  #decided = new Map<string, number>();
  #wake: () => void = () => {};

  constructor(ledger: Ledger) {
    this.#unsubscribe = ledger.subscribe((batch) => this.#notice(batch));
  }

  /** Asks, and waits until each has its place on disk; gives how long that took, in ms. */
  async of(ask: () => ReturnType<Operations['createServers']>): Promise<readonly number[]> {
    this.#decided = new Map();
    const began_ms = clock.now();
    const reply = await ask();
    assert(reply.is === 'done', `servers could not be asked for: ${JSON.stringify(reply)}`);
    const uuids = reply.value.map(({ uuid }) => uuid);
    while (!uuids.every((uuid) => this.#decided.has(uuid))) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const order = [...this.#decided.keys()].filter((uuid) => uuids.includes(uuid));
    assert(order.join() === uuids.join(), 'requests were decided in another order than asked');
    return uuids.map((uuid) => (this.#decided.get(uuid) as number) - began_ms);
  }

  stop(): void {
    this.#unsubscribe();
  }

  #notice({ changes }: Batch): void {
    for (const { table, row } of changes) {
      if (table !== servers.name) continue;
      const { uuid, host, vm_state } = row as ServerRow;
      const decided = host !== null || vm_state === 'error';
      if (decided && !this.#decided.has(uuid)) this.#decided.set(uuid, clock.now());
    }
    this.#wake();
  }
}
