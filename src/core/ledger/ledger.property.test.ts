/**
 * Goal: L1, L2, L3, L6, L7, L8, B1 to B4, W1 and T1, for any requests in any order, whatever the
 * store refuses or loses, and however often the process dies.
 * Method: random rounds of requests are submitted at once, so that each round is one batch, to a
 * ledger on the store's twin. Beside it runs the oracle, which must say the same of each request.
 * After each round the books equal the oracle's, pass `checkBooks`, and equal what two others
 * know: one that read everything from the disk, and one that only followed the change records.
 * T1 is the twin's: it refuses rows of a wrong shape; rows are frozen once they are written.
 *
 * Shown 26 mutants; those of books.ts that replace a row in place are books.property.test.ts's:
 *   claim.ts   a limit off by one; anti-affinity off by one ........... oracle, raisedPast (L1, L3)
 *   claim.ts   the use before forgotten, or taken after letting go .... oracle (over-full moves)
 *   claim.ts   claims judged one by one instead of by their sum ....... oracle (L1)
 *   claim.ts   a hold on an over-full cell refused when handed on ..... oracle (L3)
 *   claim.ts   fault domains unchecked; a member in its own way ....... oracle (L3)
 *   claim.ts   slots kept by a consumer that lets go of everything .... the books' own assertion
 *   claim.ts   "must not exist yet" not checked ....................... oracle
 *   draft.ts   rollback forwards; past its mark; puts not undone ...... assertion, books (L2)
 *   ledger.ts  no rollback of a refusal, a throw, a refused commit .... books, follower (L2)
 *   ledger.ts  lost and done taken for not done, and the reverse ...... answers, books (L7)
 *   ledger.ts  missed batches not applied ............................. follower (L8)
 *   ledger.ts  `read` does not wait ................................... reads (W1)
 *   column.ts, decimal.ts  reserved forgotten; rounded, in binary ..... oracle (L1)
 *   column.ts  overhead forgotten, once for all, kept of one that left  oracle (L1)
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { SimStore, type StoreFaults } from '../../sim/store.ts';
import { millis } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { checkBooks, levels, raisedPast } from './audit.ts';
import { type Amount, type Claim, claimAll } from './claim.ts';
import type { Draft } from './draft.ts';
import { plainCell } from './inventory.ts';
import { Ledger } from './ledger.ts';
import {
  cellOf,
  type Model,
  modelClaim,
  type Reasons,
  spotOf,
  usedOf,
  usedOfCell,
} from './oracle.ts';
import * as rows from './rows.ts';
import {
  CHILD,
  claimOf,
  disk,
  dump,
  HOST,
  inventory,
  OTHER,
  onCell,
  sampleFleet,
  samples,
  VCPU,
  vcpus,
} from './sample.ts';

type Request =
  | { readonly ask: 'claim'; readonly claims: readonly Claim[] }
  /** The server goes to `to`; the operation keeps what it held, but for the shared disk. */
  | { readonly ask: 'move'; readonly server: string; readonly to: number }
  | { readonly ask: 'resize'; readonly row: rows.InventoryRow }
  | { readonly ask: 'recell'; readonly row: rows.CellRow }
  /** Claims, and then thinks better of it. */
  | { readonly ask: 'regret'; readonly claims: readonly Claim[] }
  | { readonly ask: 'throw'; readonly claims: readonly Claim[] };
type Fault = NonNullable<ReturnType<NonNullable<StoreFaults['onCommit']>>>;
interface Round {
  readonly requests: readonly Request[];
  readonly begin: 'refuse' | 'lose' | null;
  readonly commit: Fault | null;
  readonly crash: boolean;
}

const clock: Clock = { now: () => millis(0), wall: () => 1000, sleep: () => Promise.resolve() };
const seen: Record<string, number> = {};
const saw = (what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

// ── what may be asked ────────────────────────────────────────────────────────────────────────

/** `otherwise`, but once in `times`. */
const rarely = <T, U>(times: number, arbitrary: fc.Arbitrary<T>, otherwise: U) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });
const consumer = fc.constantFrom('a', 'b', 'c', 'd');
const host = fc.constantFrom(HOST, OTHER);
const amount: fc.Arbitrary<Amount> = fc.oneof(
  fc
    .record({
      p: fc.constantFrom(HOST, HOST, OTHER, OTHER, CHILD),
      n: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ p, n }) => vcpus(p, n)),
  fc.integer({ min: 1, max: 12 }).map(disk),
);
const spots = { selector: spotOf, minLength: 0, maxLength: 3 };
const cell = fc
  .tuple(host, fc.nat(1), fc.integer({ min: 1, max: 3 }), fc.nat(1))
  .map(([p, c, n, node]) => onCell(p, c, n, node));
const cellsOnce = {
  selector: (c: { provider_id: number; guest_node: number }) => `${c.provider_id}/${c.guest_node}`,
  maxLength: 2,
};
const group = fc.constantFrom('anti-affinity', 'affinity', 'fault-domain');
const slot = fc.record({ group_uuid: group, provider_id: host, domain: fc.constantFrom('x', 'y') });
const claim: fc.Arbitrary<Claim> = fc
  .record({
    uuid: consumer,
    amounts: fc.uniqueArray(amount, spots),
    cells: rarely(2, fc.uniqueArray(cell, cellsOnce), undefined),
    slot: rarely(2, slot, undefined),
    seen_generation: rarely(8, fc.constantFrom(null, 1, 2, 3), undefined),
  })
  .map(({ uuid, amounts, cells, slot, seen_generation }) =>
    claimOf(uuid, amounts, {
      ...(cells !== undefined && { cells: amounts.length === 0 ? [] : cells }),
      ...(slot !== undefined && { slots: amounts.length === 0 ? [] : [{ ...slot, member: uuid }] }),
      ...(seen_generation !== undefined && { seen_generation }),
    }),
  );
const claims = fc.uniqueArray(claim, {
  selector: (c) => c.consumer_uuid,
  minLength: 1,
  maxLength: 2,
});
const resized = fc
  .tuple(
    fc.constantFrom(...samples.inventories),
    fc.nat(12),
    fc.constantFrom(0.999, 1, 1.5),
    fc.nat(2),
  )
  .map(([row, total, allocation_ratio, overhead]) =>
    inventory(row.provider_id, row.resource_class_id, Math.max(1, total), {
      ...row,
      total: Math.max(1, total),
      allocation_ratio,
      overhead,
      reserved: 0,
    }),
  );
const recelled = fc
  .tuple(fc.constantFrom(...samples.cells), fc.nat(5), fc.nat(10))
  .map(([{ provider_id, cell }, vcpus, memory_mib]) =>
    plainCell(provider_id, cell, vcpus, memory_mib),
  );
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 8, arbitrary: claims.map((claims) => ({ ask: 'claim' as const, claims })) },
  {
    weight: 3,
    arbitrary: fc.record({ ask: fc.constant('move' as const), server: consumer, to: host }),
  },
  { weight: 2, arbitrary: resized.map((row) => ({ ask: 'resize' as const, row })) },
  { weight: 1, arbitrary: recelled.map((row) => ({ ask: 'recell' as const, row })) },
  { weight: 1, arbitrary: claims.map((claims) => ({ ask: 'regret' as const, claims })) },
  { weight: 1, arbitrary: claims.map((claims) => ({ ask: 'throw' as const, claims })) },
);
const round: fc.Arbitrary<Round> = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 5 }),
  begin: rarely(10, fc.constantFrom('refuse' as const, 'lose' as const), null),
  commit: rarely(4, fc.constantFrom<Fault[]>('refuse', 'lose-done', 'lose-undone'), null),
  crash: fc.nat(5).map((n) => n === 0),
});

// ── what the ledger is asked, and what the oracle says ───────────────────────────────────────

const emptyModel: Model = {
  inventories: new Map(samples.inventories.map((row) => [spotOf(row), row])),
  cells: new Map(samples.cells.map((row) => [cellOf(row), row])),
  groups: new Map(samples.groups.map((row) => [row.uuid, row])),
  holders: new Map(),
};

/** What the request comes to on these books, as claims; empty for one that claims nothing. */
function claimsOf(request: Request, held: readonly Amount[]): readonly Claim[] {
  if (request.ask !== 'move') return 'claims' in request ? request.claims : [];
  const shared = held.filter((a) => a.resource_class_id !== VCPU);
  const own = held.filter((a) => a.resource_class_id === VCPU);
  if (own.length === 0) return [];
  const there = own.map((a) => ({ ...a, provider_id: request.to }));
  const once = there.filter((a, at) => there.findIndex((b) => spotOf(a) === spotOf(b)) === at);
  return [
    claimOf(request.server, [...once, ...shared], { cells: [], slots: [] }),
    claimOf('move', own),
  ];
}

const heldBy = ({ books }: Draft, uuid: string): Amount[] =>
  (books.consumers.get(uuid)?.allocations ?? []).map(
    ({ provider_id, resource_class_id, used }) => ({
      provider_id,
      resource_class_id,
      amount: used,
    }),
  );

function decide(draft: Draft, request: Request): Decision<void, string> {
  if (request.ask === 'resize') draft.put(rows.inventories, request.row);
  if (request.ask === 'recell') draft.put(rows.cells, request.row);
  const before = [...levels(draft)];
  const held = request.ask === 'move' ? heldBy(draft, request.server) : [];
  const decision = claimAll(draft, claimsOf(request, held));
  if (request.ask === 'throw') throw new Error('as planned');
  if (request.ask === 'regret') return no('regret');
  if (decision.is === 'no') return no(decision.why.why);
  deepEqual(raisedPast(before, levels(draft)), []); // L1
  return done(undefined);
}

function expected(model: Model, request: Request): Model | Reasons {
  switch (request.ask) {
    case 'resize':
      return {
        ...model,
        inventories: new Map(model.inventories).set(spotOf(request.row), request.row),
      };
    case 'recell':
      return { ...model, cells: new Map(model.cells).set(cellOf(request.row), request.row) };
    case 'throw':
    case 'regret':
      return [request.ask];
    case 'claim':
    case 'move': {
      const held = request.ask === 'move' ? (model.holders.get(request.server)?.amounts ?? []) : [];
      return modelClaim(model, claimsOf(request, held));
    }
  }
}

// ── one history ──────────────────────────────────────────────────────────────────────────────

class History {
  model = emptyModel;
  store: SimStore;
  ledger!: Ledger;
  follower!: Ledger;
  #begin: Round['begin'] = null;
  #commit: Round['commit'] = null;
  #reads: Promise<string>[] = [];

  constructor() {
    this.store = new SimStore(rows.ledgerTables, {
      onBegin: () => {
        const fault = this.#begin;
        this.#begin = null;
        return fault;
      },
      onCommit: () => {
        this.#reads.push(Promise.resolve(this.ledger.read(dump)));
        const fault = this.#commit;
        this.#commit = null;
        return fault;
      },
    });
  }

  async start(): Promise<void> {
    this.ledger = await Ledger.open(rows.ledgerTables, this.store, clock);
    const watching = new SimStore(rows.ledgerTables, {}, this.store.disk);
    this.follower = await Ledger.open(rows.ledgerTables, watching, clock);
    await this.ledger.submit((draft) => {
      for (const { table, row } of sampleFleet) {
        const found = rows.ledgerTables.find(({ name }) => name === table);
        draft.put(found as never, Object.freeze(row));
      }
      return done(undefined);
    });
  }

  async play({ requests, begin, commit, crash }: Round): Promise<void> {
    [this.#begin, this.#commit] = [begin, commit];
    const before = await this.ledger.read(dump);
    const answers = await Promise.all(requests.map((request) => this.#ask(request)));
    [this.#begin, this.#commit] = [null, null];

    this.#judge(requests, answers);
    const now = await this.ledger.read(dump);
    for (const read of this.#reads.splice(0)) ok([before, now].includes(await read)); // W1
    await this.#compare(now);
    if (crash) await this.#restart(now);
  }

  async #ask(request: Request): Promise<string> {
    try {
      const reply = await this.ledger.submit((draft) => decide(draft, request));
      if (reply.is !== 'no') return reply.is;
      return typeof reply.why === 'object' ? reply.why.why : reply.why;
    } catch (bug) {
      if (!(bug instanceof Error && bug.message === 'as planned')) throw bug;
      return 'throw';
    }
  }

  /** Either the batch was not written, and nobody is told otherwise; or each is told the truth. */
  #judge(requests: readonly Request[], answers: readonly string[]): void {
    for (const answer of answers) saw(answer);
    if (answers.includes('unavailable')) {
      ok(answers.every((answer) => answer === 'unavailable' || answer === 'throw')); // L2, L7
      return;
    }
    for (const [at, request] of requests.entries()) {
      const after = expected(this.model, request);
      const allowed = 'holders' in after ? ['done'] : after;
      ok(allowed.includes(answers[at] ?? ''), `${answers[at]}: ${JSON.stringify(request)}`);
      if (!('holders' in after)) continue;
      this.model = after;
      saw(request.ask);
    }
  }

  async #compare(now: string): Promise<void> {
    const wrong = await this.ledger.read((view) => [...checkBooks(view), ...this.#unlike(view)]);
    deepEqual(wrong, []);
    await this.follower.submit(() => done(undefined));
    equal(await this.follower.read(dump), now); // L8
  }

  /** B1, B2, L6: every sum is that of the oracle's list of holds. */
  #unlike({ books }: Parameters<typeof checkBooks>[0]): string[] {
    const { inventories, cells, holders } = this.model;
    const wrong = [...inventories.values()].filter(
      (row) =>
        books.column(row.resource_class_id).used[row.provider_id] !==
        usedOf(this.model, spotOf(row)),
    );
    const wrongCells = [...cells.values()].filter(
      (row) => books.heldCell(row).vcpus_used !== usedOfCell(this.model, cellOf(row), 'vcpus'),
    );
    const generations = [...holders].filter(
      ([uuid, { generation }]) => books.consumers.get(uuid)?.row.generation !== generation,
    );
    if (books.consumers.size !== holders.size) return ['other consumers'];
    return [...wrong, ...wrongCells, ...generations].map((item) => JSON.stringify(item));
  }

  /** L7: what the next life reads from the disk is what this one knew. */
  async #restart(now: string): Promise<void> {
    saw('crash');
    this.store = this.store.reopen();
    this.ledger = await Ledger.open(rows.ledgerTables, this.store, clock);
    equal(await this.ledger.read(dump), now);
  }
}

test('the ledger keeps its promises in any history', async () => {
  const property = fc.asyncProperty(
    fc.array(round, { maxLength: 14, size: '+1' }),
    async (rounds) => {
      const history = new History();
      await history.start();
      for (const one of rounds) await history.play(one);
    },
  );
  await fc.assert(property, { numRuns: 1000 });

  const outcomes = ['done', 'full', 'units', 'cell-full', 'group', 'consumer-generation'];
  const others = ['unavailable', 'throw', 'regret', 'claim', 'move', 'resize', 'recell', 'crash'];
  for (const what of [...outcomes, ...others]) ok((seen[what] ?? 0) > 10, `${what}: ${seen[what]}`);
});
