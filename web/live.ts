/**
 * What the console knows of the fleet, kept up to date by events.
 *
 *   lists ──► known ◄── events        lost connection or `reset` ──► read the lists again
 *
 * The server is right and this is a picture of it: nothing here decides anything.
 */
import { useEffect, useState } from 'preact/hooks';
import {
  type Host,
  listen,
  type OperationBrief,
  Refused,
  read,
  type Server,
  type Told,
} from './client.ts';

export interface Known {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly servers: ReadonlyMap<string, Server>;
  readonly operations: ReadonlyMap<string, OperationBrief>;
  /** `live`: events arrive. `stale`: the connection is down, this is what was last known. */
  readonly state: 'loading' | 'live' | 'stale' | 'logged-out';
}

const nothing: Known = {
  hosts: new Map(),
  servers: new Map(),
  operations: new Map(),
  state: 'loading',
};
const AGAIN_MS = 1000;
/** The operations that an open page remembers; the longest known is forgotten first. */
const OPERATIONS_KEPT = 1000;

/** Events come in bursts; the page is drawn once a burst. */
const DRAW_EVERY_MS = 50;

export function useKnown(session: number): Known {
  const [known, setKnown] = useState(nothing);
  useEffect(() => {
    const stop = new AbortController();
    void follow(setKnown, stop.signal);
    return () => stop.abort();
  }, [session]);
  return known;
}

type Draw = (known: Known) => void;

async function follow(draw: Draw, signal: AbortSignal): Promise<void> {
  let known = nothing;
  const set = (next: Known) => {
    known = next;
    if (!signal.aborted) draw(next);
  };
  while (!signal.aborted) {
    try {
      await followOnce(() => known, set, signal);
    } catch (error) {
      const out = error instanceof Refused && error.status === 401;
      set({ ...known, state: out ? 'logged-out' : 'stale' });
      if (out) return;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Listens first and reads then, so that nothing falls between the two. */
async function followOnce(now: () => Known, set: Draw, outer: AbortSignal): Promise<void> {
  const reset = new AbortController();
  const signal = AbortSignal.any([outer, reset.signal]);
  let waiting: Told[] | null = [];
  let drawing = false;
  const apply = () => {
    drawing = false;
    const told = waiting ?? [];
    waiting = [];
    set(told.reduce(after, now()));
  };
  const hear = (told: Told) => {
    if (told.event === 'reset') reset.abort();
    waiting?.push(told);
    if (drawing || now().state !== 'live') return;
    drawing = true;
    setTimeout(apply, DRAW_EVERY_MS);
  };
  const { opened, listening } = listenOpened(hear, signal);
  listening.catch(() => {}); // awaited below; a refusal while reading is told by the reading
  await opened;
  set(await readAll(signal));
  apply();
  await listening;
  waiting = null;
}

/** The listening, and the moment from which on nothing is missed. */
function listenOpened(hear: (told: Told) => void, signal: AbortSignal) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const listening = listen(hear, signal, open);
  return { opened: Promise.race([opened, listening]), listening };
}

async function readAll(signal: AbortSignal): Promise<Known> {
  const [hosts, servers, operations] = await Promise.all([
    read<{ hosts: Host[] }>('/hosts', signal).catch(noneToSee),
    read<{ servers: Server[] }>('/servers', signal),
    read<{ operations: OperationBrief[] }>('/operations?limit=200', signal),
  ]);
  return {
    hosts: new Map(hosts.hosts.map((host) => [host.name, host])),
    servers: new Map(servers.servers.map((server) => [server.uuid, server])),
    operations: new Map(operations.operations.map((run) => [run.id, run])),
    state: 'live',
  };
}

/** Hosts are for operators; to others there are none. */
function noneToSee(error: unknown): { hosts: Host[] } {
  if (error instanceof Refused && error.status === 403) return { hosts: [] };
  throw error;
}

/** What is known after one event. */
export function after(known: Known, { event, data }: Told): Known {
  switch (event) {
    case 'host': {
      const host = data as Host;
      return { ...known, hosts: new Map(known.hosts).set(host.name, host) };
    }
    case 'server': {
      const server = data as Server;
      const servers = new Map(known.servers);
      if (server.vm_state === 'deleted') servers.delete(server.uuid);
      else servers.set(server.uuid, server);
      return { ...known, servers };
    }
    case 'operation': {
      const run = data as OperationBrief;
      const operations = new Map(known.operations).set(run.id, run);
      for (const [oldest] of operations) {
        if (operations.size <= OPERATIONS_KEPT) break;
        operations.delete(oldest);
      }
      return { ...known, operations };
    }
    default:
      return known;
  }
}
