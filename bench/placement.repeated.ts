/**
 * A thousand candidates, which are half a mebibyte: asked as another question each time, as the
 * same again and again, and as the same after a claim each time, as schedulers do. What is told is
 * the processor time of the server, by the kernel's count: the client costs more than that.
 */

import { freePort } from '../src/real/free-port.fixture.ts';
import { against, type Figure, figure } from './figure.ts';
import { flatHost, makeFleet, serve } from './placement.fleet.ts';
import { anyQuery, claim, clients, get, processorTime, turns } from './placement.rounds.ts';

const SAME = '/allocation_candidates?resources=VCPU:1,MEMORY_MB:512,DISK_GB:5&limit=1000';

const another = get(() => anyQuery(1_000));
const same = get(() => SAME);

const kinds = [
  { name: 'candidates, limit=1000, another question each time', one: another },
  { name: 'candidates, limit=1000, the same, nothing written', one: same },
  { name: 'a claim, then limit=1000, another question', one: afterClaim(another) },
  { name: 'a claim, then limit=1000, the same question', one: afterClaim(same) },
] as const;

export async function* repeated(path: string, hosts: number): AsyncGenerator<Figure> {
  await makeFleet(path, hosts, flatHost);
  const server = await serve(path, await freePort());
  const { readers } = await clients(server);
  await turns(readers, kinds);
  const found: Figure[] = [];
  for (const { name, one } of kinds) {
    found.push(figure(name, hosts, await processorTime(server, readers, one), 'µs'));
  }
  await server.stop();
  for (const [at, one] of found.entries()) {
    const base = found[at - (at % 2)] as Figure;
    yield one === base ? one : against(one, base);
  }
}

function afterClaim(one: typeof another): typeof another {
  return async (connection) => {
    await claim(connection);
    await one(connection);
  };
}
