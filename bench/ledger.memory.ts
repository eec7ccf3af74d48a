/** Fills a ledger in memory with as many providers as it is told to; says what it took. */
import { argv } from 'node:process';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { ledgerTables } from '../src/core/ledger/rows.ts';
import { ForgetfulStore } from '../src/sim/forgetful-store.ts';
import { addAllocations, addHosts, clock } from './ledger.fleet.ts';

const providers = Number(argv[2]);
const ledger = await Ledger.open(
  ledgerTables,
  new ForgetfulStore({ sleep: async () => {} }),
  clock,
);
await addHosts(ledger, providers);
for (let from = 0; from < providers; from += 5_000) {
  await addAllocations(ledger, providers, 3 * 5_000);
}
(globalThis as { gc?: () => void }).gc?.();
const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
console.log(
  JSON.stringify({
    heap_mib: (heapUsed + external + arrayBuffers) / 2 ** 20,
    resident_mib: rss / 2 ** 20,
    // Keeps the ledger alive until it was measured.
    sequence: ledger.sequence,
  }),
);
