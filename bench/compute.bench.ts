/**
 * The compute API over HTTP: the first page of `GET /servers/detail` of a project with very many
 * servers, beside the same page of a project with few.
 *
 *   one process serves and asks, so the reading of the answer's bytes counts as well
 */
import { get } from 'node:http';
import { computeService } from '../src/core/api/compute/service.ts';
import type { Caller } from '../src/core/api/http.ts';
import { present } from '../src/core/base/units.ts';
import { done } from '../src/core/ports/reply.ts';
import { servers } from '../src/core/servers/rows.ts';
import { mount, startHttpServer } from '../src/real/http-server.ts';
import { realJournal } from '../src/real/journal.ts';
import type { ApiTrial } from '../src/sim/api-trial.ts';
import { admin, boot, flavor, openCompute, rested } from '../src/sim/compute-client.ts';
import { against, type Figure, figure, median } from './figure.ts';

const ROUNDS = 15;
const FEW = 1_000;
const MANY = 25_000;
/** How many rows are written in one request to the ledger. */
const ROWS_AT_ONCE = 1_000;

export async function* figures(): AsyncGenerator<Figure> {
  const trial = await openCompute(() => new Promise((resolve) => setImmediate(resolve)));
  for (const count of [FEW, MANY]) await fill(trial, projectOf(count), count);
  const server = await startHttpServer({
    services: [mount(computeService(), trial.rooms)],
    authenticate: (headers) => member(headers['x-auth-token'] ?? ''),
    host: '127.0.0.1',
    port: 0,
    journal: realJournal('warn'),
  });
  if (server.is !== 'listening') throw new Error(`cannot listen: ${server.is}`);
  const took_ms = new Map<number, number[]>([FEW, MANY].map((count) => [count, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [count, times] of took_ms) times.push(await firstPage(server.port, count));
  }
  await server.stop();
  const [few, many] = [FEW, MANY].map((count) =>
    figure('servers/detail, first page', count, median(took_ms.get(count) ?? []), 'ms'),
  ) as [Figure, Figure];
  yield few;
  yield against(many, few);
}

const projectOf = (count: number): string => `project-of-${count}`;

/** Whose token is the name of the project: logging in is not what is measured. */
const member = (project: string): Caller => ({
  user_id: 'someone',
  user_name: 'someone',
  project_id: project,
  project_name: project,
  roles: ['member', 'reader'],
  system_scope: false,
});

/** Copies one server that really was built, under other names and at other times. */
async function fill(trial: ApiTrial, project_id: string, count: number): Promise<void> {
  const client = await admin(trial);
  const id = await boot(client, await flavor(client));
  await rested(client, id);
  const { ledger, entropy } = trial.rooms;
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    await ledger.submit((draft) => {
      const row = present(draft.rows(servers).get(id), 'the server just built');
      for (let at = from; at < Math.min(count, from + ROWS_AT_ONCE); at++) {
        // In no order, as in life: names and times are not those of the rows.
        const created_at_ms = row.created_at_ms + ((at * 7_919) % count) * 1000;
        draft.put(servers, {
          ...row,
          ...{ uuid: entropy.uuid(), name: `vm-${at}`, project_id, created_at_ms },
        });
      }
      return done(undefined);
    });
  }
}

function firstPage(port: number, count: number): Promise<number> {
  const headers = { 'x-auth-token': projectOf(count) };
  const path = '/compute/v2.1/servers/detail';
  const began_ms = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`));
      answer.resume().once('end', () => resolve(performance.now() - began_ms));
    }).once('error', reject);
  });
}
