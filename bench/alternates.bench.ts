/**
 * What alternates are worth that are chosen with the host, against choosing anew when it fails.
 *
 *   decide ──► host + alternates ── BETWEEN other servers come and go ──► the boot failed: and now?
 *
 *   as ranked      the two next best, as upstream keeps them
 *   by forecast    of the sixteen next best the two with most room, which likely still fit
 *   anew           whoever is best by then, the host that failed left out
 *
 * Each is asked at the same moments of the same fleet, nearly full, with servers that come and go
 * by a fixed seed. Lost: none of its hosts fits any more, though there is one that does.
 */
import { Chance } from '../src/core/base/seeded.ts';
import { present } from '../src/core/base/units.ts';
import { VCPU } from '../src/core/ledger/standard.ts';
import type { Ask, PolicyName } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { ask, LittleFleet } from '../src/core/scheduler/little-fleet.fixture.ts';
import { type Figure, figure } from './figure.ts';

const HOSTS = 200;
const CELL = { vcpus: 64, memory_mib: 262_144 };
const FILLED = 0.94;
const SIZES = [1, 2, 4, 8, 16] as const;
const FAILURES = 400;
const KEPT = 2;
const FORESEEN = 16;

export async function* figures(): AsyncGenerator<Figure> {
  for (const policy of ['spread', 'pack'] as const) {
    for (const between of [4, 64, 512]) {
      const found = new Trial(policy, between).play();
      for (const [how, { lost, behind }] of Object.entries(found)) {
        const name = `${policy}, ${between} between, ${how}`;
        yield figure(`${name}: lost`, HOSTS, (100 * lost) / FAILURES, '%');
        yield figure(`${name}: behind the best by`, HOSTS, behind / FAILURES, 'points');
      }
    }
  }
}

interface Sums {
  lost: number;
  /** Points of score, of those that found a host. */
  behind: number;
}

/** Decided, and not heard of yet. */
interface Pending {
  readonly wanted: Ask;
  readonly host: string;
  readonly ranked: readonly string[];
  readonly foreseen: readonly string[];
}

class Trial {
  readonly #fleet = new LittleFleet(
    Array.from({ length: HOSTS }, (_, at) => ({ name: `h${at}`, cells: [CELL] })),
  );
  readonly #scheduler = new Scheduler();
  readonly #chance = new Chance('alternates');
  readonly #policy: PolicyName;
  readonly #between: number;
  readonly #alive: Ask[] = [];
  #vcpus = 0;
  #count = 0;

  constructor(policy: PolicyName, between: number) {
    this.#policy = policy;
    this.#between = between;
  }

  play(): Readonly<Record<string, Sums>> {
    const sums = { 'as ranked': zero(), 'by forecast': zero(), anew: zero() };
    while (this.#vcpus < HOSTS * CELL.vcpus * FILLED) this.#comes();
    for (let failures = 0; failures < FAILURES; ) {
      const one = this.#pending();
      if (one === null) continue;
      for (let at = 0; at < this.#between; at++) this.#turn();
      const wanted = { ...one.wanted, ignore_hosts: [one.host] };
      const best = this.#best(wanted);
      if (best === null) continue; // by now there is no host at all: nobody's fault
      failures++;
      this.#note(sums['as ranked'], wanted, best.score, one.ranked);
      this.#note(sums['by forecast'], wanted, best.score, one.foreseen);
      this.#note(sums.anew, wanted, best.score, [best.host]);
    }
    return sums;
  }

  #pending(): Pending | null {
    const wanted = this.#wanted();
    const next: string[] = [];
    while (next.length <= FORESEEN) {
      const found = this.#scheduler.find(this.#fleet.draft, { ...wanted, ignore_hosts: next });
      if (found === null) break;
      next.push(found.host);
    }
    const [host, ...others] = next;
    if (host === undefined) return null;
    const roomy = others.toSorted((a, b) => this.#left(b) - this.#left(a));
    return { wanted, host, ranked: others.slice(0, KEPT), foreseen: roomy.slice(0, KEPT) };
  }

  #left(host: string): number {
    const { books } = this.#fleet.draft;
    const { limit, used } = books.column(VCPU);
    const { id } = present(books.providerNamed(host), 'a host');
    return (limit[id] ?? 0) - (used[id] ?? 0);
  }

  #note(sums: Sums, wanted: Ask, best: number, hosts: readonly string[]): void {
    for (const host of hosts) {
      const there = this.#best({ ...wanted, only_hosts: [host] });
      if (there === null) continue;
      sums.behind += best - there.score;
      return;
    }
    sums.lost++;
  }

  #best(wanted: Ask): { readonly host: string; readonly score: number } | null {
    const { draft } = this.#fleet;
    const found = this.#scheduler.find(draft, wanted);
    if (found === null) return null;
    return { host: found.host, score: this.#scheduler.choice(draft, wanted, found).score };
  }

  /** Somebody comes, and as many go as keep the fleet as full as it was. */
  #turn(): void {
    this.#comes();
    while (this.#vcpus > HOSTS * CELL.vcpus * FILLED) this.#goes();
  }

  #comes(): void {
    const wanted = this.#wanted();
    const found = this.#scheduler.find(this.#fleet.draft, wanted);
    if (found === null) {
      this.#goes();
      return;
    }
    this.#fleet.claim(wanted.server_uuid, found);
    this.#alive.push(wanted);
    this.#vcpus += vcpusOf(wanted);
  }

  #goes(): void {
    const [gone] = this.#alive.splice(this.#chance.between(0, this.#alive.length - 1), 1);
    if (gone === undefined) return;
    this.#fleet.letGo(gone.server_uuid);
    this.#vcpus -= vcpusOf(gone);
  }

  #wanted(): Ask {
    const vcpus = present(SIZES[this.#chance.between(0, SIZES.length - 1)], 'a size');
    const resources = { VCPU: vcpus, MEMORY_MB: vcpus * 4096 };
    return ask({ server_uuid: `s${this.#count++}`, resources, policy: this.#policy });
  }
}

const zero = (): Sums => ({ lost: 0, behind: 0 });
const vcpusOf = ({ resources }: Ask): number => resources['VCPU'] ?? 0;
