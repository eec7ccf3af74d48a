/**
 * GET /servers/{id}/topology (2.78): the NUMA nodes of a server's guest, as the ledger has them.
 * Which cell of its host each is in, and which CPUs its vCPUs are, is for operators.
 *
 * A node's vCPUs are those that its CPUs are held for, else those that its flavor names, else the
 * next ones after the node before it.
 */
import { byNumber } from '../../base/order.ts';
import type { Consumer } from '../../ledger/books.ts';
import type { View } from '../../ledger/draft.ts';
import type { CellHoldRow, CpuPinRow } from '../../ledger/rows.ts';
import { done } from '../../ports/reply.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { cpuSet } from '../../topology/cpu-set.ts';
import { type HttpResponse, json } from '../http.ts';
import { answered } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { findServer } from './servers.ts';

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const server = findServer(view, ask.params['id'], ask.caller);
    if (server.is === 'no') return server;
    return done(topologyOf(view, server.value, isAdmin(ask.caller)));
  });
  return answered(found, (topology) => json(200, topology));
}

function topologyOf({ books }: View, server: ServerRow, whole: boolean) {
  const consumer = books.consumers.get(server.uuid);
  if (consumer === undefined) return { nodes: [], pagesize_kb: null };
  let before = 0;
  const nodes = consumer.cellHolds.map((hold) => {
    const { seen, about } = nodeOf(server, consumer, hold, before);
    before += hold.vcpus;
    return whole ? { ...seen, ...about } : seen;
  });
  return { nodes, pagesize_kb: consumer.pages[0]?.size_kib ?? null };
}

function nodeOf({ flavor }: ServerRow, { pins }: Consumer, hold: CellHoldRow, before: number) {
  const own = pins.filter((pin) => pin.guest_node === hold.guest_node && pin.vcpu !== null);
  const named = flavor.extra_specs[`hw:numa_cpus.${hold.guest_node}`];
  const said = named === undefined ? null : cpuSet(named, flavor.vcpus);
  const next = Array.from({ length: hold.vcpus }, (_, at) => before + at);
  const vcpus = own.length > 0 ? own.map(({ vcpu }) => Number(vcpu)) : (said ?? next);
  return {
    seen: { vcpu_set: [...vcpus].sort(byNumber), memory_mb: hold.memory_mib, siblings: [] },
    about: { host_node: hold.cell, cpu_pinning: pinning(own) },
  };
}

const pinning = (pins: readonly CpuPinRow[]): Record<string, number> =>
  Object.fromEntries(pins.map(({ vcpu, cpu }) => [String(vcpu), cpu]));

export const topologyRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/servers/:id/topology', who: 'reader', from: 78, handle: show },
];
