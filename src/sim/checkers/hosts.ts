/**
 * What really runs, told from the machines themselves and compared with the books.
 *
 *   H1  no guest runs on two machines at one time
 *   H2  what guests take of a machine is within what the books say is held there: a guest that is
 *       on a machine has a hold there, its server's or that of a run that moves it
 *   H3  no CPU of a machine is two guests' own; and the CPUs and pages that a guest has there are
 *       held there for it, one by one
 *   L5  in a move, while the guest may be on either side, both sides are held (H2 on both of them)
 *
 * A guest of which a step was waived on a machine (its host was given up as down), or that was
 * evacuated from it, is excused from H2 and H3 there: nobody could tell the machine that the server
 * is gone, and the audit cleans up once it is back. At rest nothing is excused (checkers/rest.ts).
 *
 * Most events change no machine, and most commits are about few servers. So what was found of a
 * machine is kept, and told again, until the machine is another one or a commit named one of its
 * guests, a run about one of them, or the machine itself.
 */
import { ended, type RunRow, type RunStepRow, runSteps, runs } from '../../core/conductor/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import type { GuestPin, GuestSpec, PowerState } from '../../core/ports/order.ts';
import type { Batch } from '../../core/ports/store.ts';
import { type EvacuationRow, evacuations } from '../../core/servers/evacuations.ts';
import type { ServerRow } from '../../core/servers/rows.ts';
import { type Complaint, complaint } from './complaint.ts';
import { devicesOfGuests } from './devices.ts';
import { isMover } from './moves.ts';

export interface WatchedGuest {
  readonly uuid: string;
  readonly power: PowerState;
  /** The image that its own disk was made of. */
  readonly image_id: string | null;
  /** It runs from another disk than its own. */
  readonly rescued: boolean;
}

/** The same value for as long as nothing changes there. */
export interface WatchedHost {
  readonly name: string;
  /** All that is there, in whatever state: it takes its room. */
  readonly guests: readonly WatchedGuest[];
  /** The UUIDs of what is set aside there, or awaited off: it takes its room as well. */
  readonly aside: readonly string[];
  /** Of all of these, what they take of the machine. */
  readonly specs: readonly GuestSpec[];
}

/** What was found of a machine when it was looked at last. */
interface Found {
  readonly host: WatchedHost;
  readonly complaints: readonly Complaint[];
}

export class HostChecker {
  readonly #view: View;
  readonly #excused = new Set<string>();
  readonly #found = new Map<string, Found>();
  /** Every text in the rows that commits changed since, and the servers of the runs among them. */
  readonly #named = new Set<string>();

  /** What was given up in an earlier life of the process is so still. */
  constructor(view: View) {
    this.#view = view;
    for (const row of view.rows(evacuations).values()) this.#excuseEvacuated(row);
    for (const row of view.rows(runSteps).values()) this.#excuseWaived(row);
  }

  /** Learns what to look at again, and whose guests were given up together with their host. */
  after({ changes }: Batch): void {
    for (const { table, row } of changes) {
      this.#note(row);
      if (table === evacuations.name) this.#excuseEvacuated(row as EvacuationRow);
      if (table === runSteps.name) this.#excuseWaived(row as RunStepRow);
    }
  }

  #excuseEvacuated({ host, server_uuid }: EvacuationRow): void {
    this.#excused.add(`${host} ${server_uuid}`);
  }

  #excuseWaived({ run_id, state, host }: RunStepRow): void {
    if (state !== 'waived' || host === null) return;
    this.#excused.add(`${host} ${this.#view.rows(runs).get(run_id)?.server_uuid}`);
  }

  stand(hosts: readonly WatchedHost[]): Complaint[] {
    const complaints = [...twice(hosts), ...hosts.flatMap((host) => this.#of(host))];
    this.#named.clear();
    return complaints;
  }

  #note(row: object): void {
    for (const value of Object.values(row)) {
      if (typeof value !== 'string') continue;
      this.#named.add(value);
      const about = this.#view.rows(runs).get(value)?.server_uuid;
      if (about !== undefined && about !== null) this.#named.add(about);
    }
  }

  #of(host: WatchedHost): readonly Complaint[] {
    const before = this.#found.get(host.name);
    const isNamed = this.#named.has(host.name) || namesGuest(this.#named, host);
    if (before?.host === host && !isNamed) return before.complaints;
    const complaints = [
      ...this.#uncovered(host),
      ...this.#notHeld(host),
      ...cpusTwice(host),
      ...this.#devices(host),
    ];
    this.#found.set(host.name, { host, complaints });
    return complaints;
  }

  /** Of guests that are not excused. */
  #devices({ specs, ...host }: WatchedHost): Complaint[] {
    const known = specs.filter(({ uuid }) => !this.#excused.has(`${host.name} ${uuid}`));
    const holders = (uuid: string) => holdersFor(this.#view, uuid);
    return devicesOfGuests(this.#view.books, { ...host, specs: known }, holders);
  }

  #uncovered(host: WatchedHost): Complaint[] {
    const provider = this.#view.books.providerNamed(host.name)?.id;
    return [...host.guests.map(({ uuid }) => uuid), ...host.aside]
      .filter((uuid) => provider === undefined || !covers(this.#view, provider, uuid))
      .filter((uuid) => !this.#excused.has(`${host.name} ${uuid}`))
      .map((uuid) => complaint('H2', `guest ${uuid} is on ${host.name}, where nothing is held`));
  }

  /** H3, of guests that are not excused. */
  #notHeld({ name, specs }: WatchedHost): Complaint[] {
    const provider = this.#view.books.providerNamed(name)?.id ?? -1;
    return specs
      .filter(({ uuid }) => !this.#excused.has(`${name} ${uuid}`))
      .flatMap((spec) => this.#notHeldFor(provider, spec))
      .map((what) => complaint('H3', `${what} on ${name}, and it is not held there`));
  }

  #notHeldFor(provider: number, spec: GuestSpec): string[] {
    const { books } = this.#view;
    const holders = holdersFor(this.#view, spec.uuid).flatMap(
      (id) => books.consumers.get(id) ?? [],
    );
    const own = new Set(
      holders
        .flatMap(({ pins }) => pins)
        .filter(({ provider_id }) => provider_id === provider)
        .map(({ cpu }) => cpu),
    );
    const held = holders
      .flatMap(({ pages }) => pages)
      .filter(({ provider_id }) => provider_id === provider);
    const covered = (cell: number, pages: { size_kib: number; count: number }) =>
      held.some(
        (hold) =>
          hold.cell === cell && hold.size_kib === pages.size_kib && hold.pages === pages.count,
      );
    return [
      ...pinsOf(spec).flatMap(({ cpu }) =>
        own.has(cpu) ? [] : [`guest ${spec.uuid} has CPU ${cpu}`],
      ),
      ...spec.nodes.flatMap(({ cell, pages }) =>
        pages === undefined || covered(cell, pages)
          ? []
          : [`guest ${spec.uuid} has ${pages.count} pages of cell ${cell}`],
      ),
    ];
  }
}

const namesGuest = (named: ReadonlySet<string>, { specs }: WatchedHost): boolean =>
  named.size > 0 && specs.some(({ uuid }) => named.has(uuid));

/** H3, on one machine: told from what its guests were made with. */
function cpusTwice({ name, specs }: WatchedHost): Complaint[] {
  const owners = new Map<number, string>();
  return specs.flatMap((spec) =>
    pinsOf(spec).flatMap(({ cpu }) => {
      const other = owners.get(cpu);
      owners.set(cpu, spec.uuid);
      if (other === undefined) return [];
      return [complaint('H3', `CPU ${cpu} of ${name} is ${other}'s and ${spec.uuid}'s`)];
    }),
  );
}

const pinsOf = ({ nodes }: GuestSpec): readonly GuestPin[] =>
  nodes.flatMap(({ pins = [] }) => pins);

/** R2 for its disk: of the server's image, and the guest runs from it unless it is rescued. */
export function wrongDisk(server: ServerRow, { uuid, image_id, rescued }: WatchedGuest): string[] {
  const { vm_state } = server;
  const wrong = image_id !== server.image_id || rescued !== (vm_state === 'rescued');
  if (!wrong || vm_state === 'error') return [];
  const from = rescued ? 'another disk than its own' : 'its own disk';
  return [
    `R2: guest ${uuid} (${vm_state}) is of image ${image_id} and runs from ${from}; ` +
      `the server is of ${server.image_id}`,
  ];
}

function twice(hosts: readonly WatchedHost[]): Complaint[] {
  const seen = new Map<string, string>();
  const complaints: Complaint[] = [];
  for (const { name, guests } of hosts) {
    for (const { uuid, power } of guests) {
      if (power !== 'running') continue;
      const other = seen.get(uuid);
      if (other !== undefined) {
        complaints.push(complaint('H1', `guest ${uuid} runs on ${other} and on ${name}`));
      }
      seen.set(uuid, name);
    }
  }
  return complaints;
}

/** Whether the server, or a run about it that may have to, holds something on the provider. */
function covers(view: View, provider: number, uuid: string): boolean {
  const holders = view.books.holders[provider];
  if (holders === undefined) return false;
  return holdersFor(view, uuid).some((id) => holders.has(id));
}

/** Whoever may hold something for the server: itself, and runs about it. */
function holdersFor(view: View, uuid: string): string[] {
  const about = view.rows(runs).by('server_uuid', uuid);
  return [uuid, ...about.filter((run) => mayHold(view, run)).map(({ id }) => id)];
}

const mayHold = (view: View, run: RunRow): boolean => !ended(run) || isMover(view, run.id);
