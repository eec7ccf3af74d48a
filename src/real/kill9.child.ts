/**
 * A process to be killed: claims, moves and lets go under load on a ledger in SQLite, and says
 * before each write what it will try, and after it what was acknowledged. For kill9.test.ts.
 * Standard output is a file, so that what was said is there at once; standard error says `ready`
 * when the database is open.
 *
 *   ? consumer generation host     this is being asked     (host 0: to hold nothing)
 *   ! consumer generation host     this was answered `done`
 */
import { randomInt, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { millis } from '../core/base/units.ts';
import { type Claim, claimAll } from '../core/ledger/claim.ts';
import { plainCell, plainInventory, setInventories } from '../core/ledger/inventory.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import { createProvider } from '../core/ledger/provider.ts';
import * as rows from '../core/ledger/rows.ts';
import { done, no } from '../core/ports/reply.ts';
import { openSqliteStore } from './sqlite-store.ts';

const HOSTS = 12;
const SUBMITTERS = 16;
const VCPU = 0;

const clock = {
  now: () => millis(performance.now()),
  wall: () => Date.now(),
  sleep: (span: number) => new Promise<void>((resolve) => setTimeout(resolve, span)),
};
const say = (line: string) => writeSync(1, `${line}\n`);

const opened = openSqliteStore(argv[2] as string, rows.ledgerTables);
if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
const ledger = await Ledger.open(rows.ledgerTables, opened.store, clock);
if (ledger.sequence === 0) await makeFleet();
const leftBehind = await ledger.read(({ books }) =>
  [...books.consumers.values()].map((c) => c.row),
);
writeSync(2, 'ready');
await Promise.all(Array.from({ length: SUBMITTERS }, submitter));

async function makeFleet(): Promise<void> {
  await ledger.submit((draft) => {
    draft.put(rows.resourceClasses, { id: VCPU, name: 'VCPU', updated_at_ms: 0 });
    for (let n = 1; n <= HOSTS; n++) {
      const made = createProvider(draft, { uuid: `p${n}`, name: `host-${n}`, parent_uuid: null });
      if (made.is === 'no') return no(made.why);
      setInventories(draft, made.value.id, [plainInventory(VCPU, 40)]);
      draft.put(rows.cells, plainCell(made.value.id, 0, 30, 60));
    }
    return done(undefined);
  });
}

/** Lets go of what the last life left behind; then one consumer after another, through its life. */
async function submitter(): Promise<void> {
  for (let row = leftBehind.pop(); row !== undefined; row = leftBehind.pop()) {
    await write(row.uuid, row.generation + 1, 0);
  }
  for (;;) {
    const consumer = randomUUID();
    let generation = 0;
    for (let step = randomInt(1, 5); step > 0; step--) {
      if (await write(consumer, generation + 1, randomInt(1, HOSTS + 1))) generation++;
    }
    if (generation > 0) await write(consumer, generation + 1, 0);
  }
}

async function write(consumer: string, generation: number, host: number): Promise<boolean> {
  const what = `${consumer} ${generation} ${host}`;
  say(`? ${what}`);
  const reply = await ledger.submit((draft) => claimAll(draft, [claimOf(consumer, host)]));
  if (reply.is !== 'done') return false;
  say(`! ${what}`);
  return true;
}

function claimOf(consumer_uuid: string, host: number): Claim {
  const who = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
  if (host === 0) return { consumer_uuid, ...who, amounts: [] };
  const amounts = [{ provider_id: host, resource_class_id: VCPU, amount: 2 }];
  const cells = [
    { provider_id: host, guest_node: 0, cell: 0, vcpus: 2, memory_mib: 3, exact: false },
  ];
  return { consumer_uuid, ...who, amounts, cells };
}
