/**
 * Goal: an answer is never older than the ledger: whatever was written, by whatever request, the
 * next answer to a question that is asked again and again is the one that rendering everything
 * anew gives, letter by letter.
 * Method: a fleet so large that its answers are kept; random writes of every kind that can alter an
 * answer, one to many between two looks; each question's answer beside a plain rendering of the
 * search, which knows neither templates nor pieces. How often each kind of write altered an answer
 * is counted.
 *
 * Shown mutants, each noticed: the last answer given though the books were touched; a piece that
 * stands though its provider was touched; touches not told to the pieces; a name's change that
 * forgets no question; a run that goes on over other keys; starts that are the old ones; a search
 * bound that is not looked at; bytes of a kept answer written to.
 */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../../base/seeded.ts';
import { utf8 } from '../../base/utf8.ts';
import type { Books } from '../../ledger/books.ts';
import { asking, booksOf, group, host } from '../../ledger/candidates.fixture.ts';
import { type CandidateAsk, type Found, findCandidates } from '../../ledger/candidates.ts';
import * as rows from '../../ledger/rows.ts';
import { readQuery } from '../query.ts';
import { KeptAnswers } from './candidate-kept.ts';
import { readCandidateQuery } from './candidate-query.ts';
import { Templates } from './candidate-templates.ts';
import { requestText, summaryText, TREES_SINCE } from './candidate-text.ts';
import { PlacementSample } from './sample.ts';

// ── what an answer has to be ─────────────────────────────────────────────────────────────────

function rendered({ plan, candidates }: Found, minor: number): string {
  const { books, slots } = plan;
  const uuidOf = (id: number) => books.row(id).uuid;
  const requests = candidates.map((picks) => requestText(plan, minor, picks, uuidOf));
  const used = candidates.flatMap((picks) =>
    picks.filter((_, at) => minor < TREES_SINCE || slots[at]?.parts.length !== 0),
  );
  const shown = minor < TREES_SINCE ? used : used.flatMap((id) => books.treeOf(id));
  const asked = new Set(slots.flatMap(({ parts }) => parts.map(({ class_id }) => class_id)));
  const summaries = [...new Set(shown)].map((id) => summaryText(books, minor, id, asked));
  return `{"allocation_requests":[${requests.join()}],"provider_summaries":{${summaries.join()}}}`;
}

// ── a fleet that is written to ───────────────────────────────────────────────────────────────

const HOSTS = 160;
const QUESTIONS = [
  { query: 'resources=VCPU:1,MEMORY_MB:64&limit=1000', minor: 39 },
  { query: 'resources=VCPU:2&required=HW_CPU_X86_AVX&limit=1000', minor: 39 },
  { query: 'resources1=VCPU:1&resources2=MEMORY_MB:1&group_policy=none', minor: 30 },
  { query: 'resources=VCPU:3&limit=150', minor: 26 },
  { query: 'resources=VCPU:1', minor: 28 },
];
const uuidOf = (kind: string, n: number) => `${kind}-0000-4000-8000-${`${n}`.padStart(12, '0')}`;
const hostUuid = (n: number) => uuidOf('aaaaaaaa', n);

class Fleet {
  readonly placement: PlacementSample;
  readonly #chance: Chance;
  readonly #hosts: string[] = [];
  readonly #held: string[] = [];
  #made = 0;

  constructor(placement: PlacementSample, chance: Chance) {
    this.placement = placement;
    this.#chance = chance;
  }

  async host(parent?: string): Promise<void> {
    const uuid = hostUuid(++this.#made);
    const tree = parent === undefined ? {} : { parent_provider_uuid: parent };
    await this.#ask('POST', '/resource_providers', { uuid, name: `host-${this.#made}`, ...tree });
    if (parent === undefined) this.#hosts.push(uuid);
    await this.#put(uuid, 'inventories', {
      inventories: { VCPU: { total: this.#chance.between(1, 6) }, MEMORY_MB: { total: 4096 } },
    });
    await this.traits(uuid);
  }

  async traits(uuid: string): Promise<void> {
    const traits = this.#chance.happens(700) ? ['HW_CPU_X86_AVX', 'HW_CPU_X86_SSE'] : [];
    await this.#put(uuid, 'traits', { traits });
  }

  readonly writes: Readonly<Record<string, () => Promise<void>>> = {
    claim: async () => {
      const consumer = uuidOf('cccccccc', ++this.#made);
      const resources = { VCPU: this.#chance.between(1, 3), MEMORY_MB: 8 };
      this.#held.push(consumer);
      await this.#ask('PUT', `/allocations/${consumer}`, {
        allocations: { [this.#any()]: { resources } },
        project_id: 'p',
        user_id: 'u',
        consumer_generation: null,
        consumer_type: 'INSTANCE',
      });
    },
    release: async () => {
      const consumer = this.#held.shift();
      if (consumer !== undefined) await this.#ask('DELETE', `/allocations/${consumer}`);
    },
    inventory: async () => {
      const total = this.#chance.between(1, 20_000);
      const inventories = { VCPU: { total: this.#chance.between(3, 40) }, MEMORY_MB: { total } };
      await this.#put(this.#any(), 'inventories', { inventories });
    },
    traits: () => this.traits(this.#any()),
    newHost: () => this.host(),
    newChild: () => this.host(this.#any()),
    goneHost: async () => {
      const uuid = this.#any();
      const { status } = await this.#ask('DELETE', `/resource_providers/${uuid}`);
      if (status === 204) this.#hosts.splice(this.#hosts.indexOf(uuid), 1);
    },
    newName: async () => {
      await this.#ask('PUT', `/traits/CUSTOM_T${++this.#made}`);
    },
    refused: async () => {
      const inventories = { VCPU: { total: 9 }, NO_SUCH: { total: 1 } };
      await this.#put(this.#any(), 'inventories', { inventories });
    },
  };

  #any(): string {
    return this.#chance.pick(this.#hosts);
  }

  #ask(method: string, path: string, body?: unknown) {
    return this.placement.ask(method, path, body === undefined ? {} : { body });
  }

  async #put(uuid: string, what: string, body: object): Promise<void> {
    const { generation } = (await this.#ask('GET', `/resource_providers/${uuid}`)).body;
    const path = `/resource_providers/${uuid}/${what}`;
    await this.#ask('PUT', path, { resource_provider_generation: generation, ...body });
  }
}

async function look(placement: PlacementSample, books: Books): Promise<string[]> {
  const seen: string[] = [];
  for (const { query, minor } of QUESTIONS) {
    const told = await placement.ask('GET', `/allocation_candidates?${query}`, { minor });
    const asked = readCandidateQuery(books, readQuery(query), minor);
    ok(asked.is === 'done' && asked.value !== null);
    const fresh = rendered(findCandidates(books, asked.value), minor);
    equal(JSON.stringify(told.body), fresh, query);
    seen.push(fresh);
  }
  return seen;
}

test('after every write, the answer is the one that a fresh rendering gives', async () => {
  const chance = new Chance('kept answers');
  const fleet = new Fleet(await PlacementSample.open(), chance);
  const { placement } = fleet;
  for (let n = 0; n < HOSTS; n++) await fleet.host();
  const books = await placement.rooms.ledger.read((state) => state.books);
  let before = await look(placement, books);
  const kinds = Object.keys(fleet.writes);
  const changed = new Map(kinds.map((kind) => [kind, 0]));
  for (let round = 0; round < 120; round++) {
    const kind = chance.pick(kinds);
    const times = chance.pick([1, 1, 1, 3, 25]);
    for (let time = 0; time < times; time++) await fleet.writes[kind]?.();
    const now = await look(placement, books);
    if (now.join() !== before.join()) changed.set(kind, (changed.get(kind) ?? 0) + 1);
    deepEqual(await look(placement, books), now);
    before = now;
  }
  for (const [kind, times] of changed) {
    if (kind === 'newName' || kind === 'refused') equal(times, 0, kind);
    else ok(times >= 3, `${kind}: ${times}`);
  }
});

test('a question whose name is made, and taken away again, is read anew each time', async () => {
  const placement = await PlacementSample.open();
  const status = async () => {
    const path = '/allocation_candidates?resources=VCPU:1&required=CUSTOM_GOLD';
    const first = await placement.ask('GET', path);
    equal((await placement.ask('GET', path)).status, first.status);
    return first.status;
  };
  equal(await status(), 400);
  await placement.ask('PUT', '/traits/CUSTOM_GOLD');
  equal(await status(), 200);
  await placement.ask('DELETE', '/traits/CUSTOM_GOLD');
  equal(await status(), 400);
});

// ── one question, by hand ────────────────────────────────────────────────────────────────────

const VCPU = 0;
const one: CandidateAsk = asking([group('', [[VCPU, 1]])]);
const AMPLE = 2 ** 24;

/** A fleet of hosts with UUIDs as long as real ones, and a way to claim on one of them. */
function flat(hosts: number) {
  const books = booksOf(Array.from({ length: hosts }, () => host()));
  const classRow = { id: VCPU, name: 'VCPU' };
  books.apply({ table: rows.resourceClasses.name, row: classRow, gone: false });
  for (const row of [...books.providers]) {
    if (row === undefined) continue;
    const named = { ...row, uuid: hostUuid(row.id) };
    books.apply({ table: rows.providers.name, row: named, gone: false });
  }
  const hold = (provider_id: number, used: number) =>
    books.apply({
      table: rows.allocations.name,
      row: { consumer_uuid: 'c', provider_id, resource_class_id: VCPU, used, updated_at_ms: 0 },
      gone: used === 0,
    });
  return { books, hold };
}

test('while nothing is written the same bytes are given, and once something is, others', () => {
  const { books, hold } = flat(400);
  const answers = new KeptAnswers(AMPLE);
  const templates = new Templates(39);
  const first = answers.answer(books, one, templates, 0);
  const sent = utf8(first.body);
  equal(answers.answer(books, one, templates, 0), first);
  hold(17, 2);
  hold(40, 4);
  const second = answers.answer(books, one, templates, 0);
  notEqual(second, first);
  equal(utf8(second.body), rendered(findCandidates(books, one), 39));
  equal(utf8(first.body), sent); // a socket may still be at it
  equal(answers.answer(books, one, templates, 0), second);
});

test('an answer of another bound is another answer', () => {
  const { books } = flat(400);
  const answers = new KeptAnswers(AMPLE);
  const templates = new Templates(39);
  const bounded = (most: number) => answers.answer(books, one, templates, most);
  equal(bounded(0).requests.keys.length, 400);
  equal(bounded(300).requests.keys.length, 300);
  deepEqual([bounded(300).cut, bounded(0).cut], [true, false]);
});

test('what is kept is bounded, and the longest unused goes first', () => {
  const { books } = flat(400);
  const size = new KeptAnswers(0).answer(books, one, new Templates(39), 0).body.length;
  const answers = new KeptAnswers(size * 2);
  const [a, b, c] = [new Templates(39), new Templates(39), new Templates(39)];
  const ask = (templates: Templates) => answers.answer(books, one, templates, 0);
  const [first, second] = [ask(a), ask(b)];
  equal(ask(a), first);
  ask(c);
  equal(ask(a), first);
  notEqual(ask(b), second);
});
