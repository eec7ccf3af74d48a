/**
 * What can be wrong with a control-plane process, by name.
 *
 *   name             /readyz   /healthz      a process is …
 *   starting           503        200        ready    when requests may come to it
 *   stopping           503        200        healthy  unless only a restart would mend it
 *   database-lost      503        200
 *   ledger-behind      503        200
 *   lease-lost         503        200
 *   ledger-broken      503        503
 *   broker-away        200        200        what it was told is done once the broker is back
 *
 * A name is for programs and stays; `what` and `next` are for people.
 */
export type TroubleName = keyof typeof TROUBLES;

interface About {
  readonly serves: boolean;
  readonly lives: boolean;
  readonly what: string;
  /** What to do, or that there is nothing to be done. */
  readonly next: string;
}

export const TROUBLES = {
  starting: {
    serves: false,
    lives: true,
    what: 'it has not finished starting',
    next: 'wait; plimsoll.log says how far it is',
  },
  stopping: {
    serves: false,
    lives: true,
    what: 'it was told to stop, and hands on what it was about',
    next: 'nothing, unless it should run: start it again',
  },
  'database-lost': {
    serves: false,
    lives: true,
    what: 'the database does not answer, or takes no writes',
    next: 'look at the database, its disk and the way there; nothing that was answered is lost',
  },
  'ledger-behind': {
    serves: false,
    lives: true,
    what: 'it has not caught up with what other processes wrote',
    next: 'wait: it catches up, or reads everything anew by itself',
  },
  'lease-lost': {
    serves: false,
    lives: true,
    what: 'its lease ran out: others take over the operations that it carried',
    next: 'wait: it takes a new lease as soon as the database takes a write of it',
  },
  'ledger-broken': {
    serves: false,
    lives: false,
    what: 'a promise of its own code was broken, and it ends',
    next: 'start it again, and report what plimsoll.log says',
  },
  'broker-away': {
    serves: true,
    lives: true,
    what: 'the broker cannot be reached: orders to its agents wait',
    next: 'look at nats-server and the way there; it is tried again all the time',
  },
} as const satisfies Record<string, About>;
