/** Fleets for Placement's figures: a database made ready, and the program serving it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { claimAll } from '../src/core/ledger/claim.ts';
import type { Draft } from '../src/core/ledger/draft.ts';
import { plainInventory, setInventories, setTraits } from '../src/core/ledger/inventory.ts';
import { Ledger } from '../src/core/ledger/ledger.ts';
import { createProvider } from '../src/core/ledger/provider.ts';
import { ledgerTables } from '../src/core/ledger/rows.ts';
import { DISK_GB, MEMORY_MB, seedLedger, traitId, VCPU } from '../src/core/ledger/standard.ts';
import { done } from '../src/core/ports/reply.ts';
import { openSqliteStore } from '../src/real/sqlite-store.ts';
import { clock } from './ledger.fleet.ts';

const PROGRAM = join(import.meta.dirname, '../src/main/placement.ts');
const HOSTS_A_REQUEST = 200;

/** What one host is made of; `n` counts from 0. */
export type HostMaker = (draft: Draft, n: number) => void;

export async function makeFleet(path: string, hosts: number, make: HostMaker): Promise<void> {
  const opened = openSqliteStore(path, ledgerTables);
  if (opened.is !== 'opened') throw new Error(JSON.stringify(opened));
  const ledger = await Ledger.open(ledgerTables, opened.store, clock);
  await seedLedger(ledger);
  for (let from = 0; from < hosts; from += HOSTS_A_REQUEST) {
    const reply = await ledger.submit((draft) => {
      const to = Math.min(hosts, from + HOSTS_A_REQUEST);
      for (let n = from; n < to; n++) make(draft, n);
      return done(undefined);
    });
    if (reply.is !== 'done') throw new Error(JSON.stringify(reply));
  }
  await opened.store.close();
}

const AVX = traitId('HW_CPU_X86_AVX');
const SSD = traitId('STORAGE_DISK_SSD');
const CONSUMERS_A_HOST = 4;

/** 64 cores at 4.0, 256 GiB and 2 TB, half of it held by four consumers; traits on four of five. */
export const flatHost: HostMaker = (draft, n) => {
  const id = provider(draft, `host-${n}`, null);
  setInventories(draft, id, [
    { ...plainInventory(VCPU, 64), allocation_ratio: 4 },
    plainInventory(MEMORY_MB, 262_144),
    plainInventory(DISK_GB, 2_000),
  ]);
  setTraits(draft, id, [...(n % 5 > 0 ? [AVX] : []), ...(n % 2 > 0 ? [SSD] : [])]);
  for (let count = 0; count < CONSUMERS_A_HOST; count++) {
    const held = claimAll(draft, [
      {
        consumer_uuid: crypto.randomUUID(),
        project_id: `project-${n % 50}`,
        user_id: 'user',
        consumer_type: 'INSTANCE',
        amounts: [
          { provider_id: id, resource_class_id: VCPU, amount: 32 },
          { provider_id: id, resource_class_id: MEMORY_MB, amount: 32_768 },
          { provider_id: id, resource_class_id: DISK_GB, amount: 250 },
        ],
      },
    ]);
    if (held.is === 'no') throw new Error(JSON.stringify(held.why));
  }
};

const CHILDREN = 8;
/** The class that the children of a wide host have. */
export const WIDE_CLASS = 'SRIOV_NET_VF';
const WIDE = 4;

/** A host with cores, and eight children with `units` each of what its guests ask for. */
export const wideHost =
  (units: number): HostMaker =>
  (draft, n) => {
    const uuid = crypto.randomUUID();
    const id = provider(draft, `host-${n}`, null, uuid);
    setInventories(draft, id, [plainInventory(VCPU, 64)]);
    for (let child = 0; child < CHILDREN; child++) {
      const below = provider(draft, `host-${n}-${child}`, uuid);
      setInventories(draft, below, [plainInventory(WIDE, units)]);
    }
  };

function provider(
  draft: Draft,
  name: string,
  parent_uuid: string | null,
  uuid: string = crypto.randomUUID(),
): number {
  const made = createProvider(draft, { uuid, name, parent_uuid });
  if (made.is === 'no') throw new Error(JSON.stringify(made.why));
  return made.value.id;
}

export interface Served {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts Placement's program on the database; ready once it answers. */
export async function serve(path: string, port: number): Promise<Served> {
  const child = spawn(process.execPath, [PROGRAM, String(port), path], { stdio: 'inherit' });
  await answers(port, child);
  return {
    port,
    pid: child.pid as number,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const there = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (there) return;
    await clock.sleep(20);
  }
  throw new Error(`placement ended with ${child.exitCode}`);
}
