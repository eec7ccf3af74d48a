/**
 * What the clients of a world were told, written down by themselves: the other half of L7.
 *
 * Nothing here is read from the system under test, so that it cannot forget together with it. The
 * checkers compare it with what is on disk after every crash and at the end.
 */

/** What was answered `done`, of one server. */
export interface Told {
  readonly uuid: string;
  readonly name: string;
  /** A delete was asked for, maybe in vain: from now on it may be gone. */
  delete_asked: boolean;
  /** A delete was answered: at rest it must be gone. */
  delete_answered: boolean;
}

export class History {
  readonly servers = new Map<string, Told>();
  /** Runs whose ids were given to a client. */
  readonly runs = new Set<string>();
  /** By host: the VCPU ratio last answered; undefined while a later one is undecided. */
  readonly ratios = new Map<string, number | undefined>();
  /** By host: the status last answered, likewise. */
  readonly statuses = new Map<string, 'enabled' | 'disabled' | undefined>();
  /** Answers by kind, e.g. `create done`, `migrate wrong-state`: what a run was made of. */
  readonly answers = new Map<string, number>();
  operations = 0;

  created(uuid: string, name: string): void {
    const told = { uuid, name, delete_asked: false, delete_answered: false };
    if (!this.servers.has(uuid)) this.servers.set(uuid, told);
  }

  deleteAsked(uuid: string): void {
    const told = this.servers.get(uuid);
    if (told !== undefined) told.delete_asked = true;
  }

  deleteAnswered(uuid: string, run_id: string): void {
    const told = this.servers.get(uuid);
    if (told !== undefined) told.delete_answered = true;
    this.runs.add(run_id);
  }

  count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }
}
