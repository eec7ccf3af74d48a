/**
 * People at the compute API of an installation in simulated time: an administrator, strangers with
 * a role in a project of their own, and what each of them does in a test again and again.
 */
import { computeService } from '../core/api/compute/service.ts';
import type { Route, Service } from '../core/api/http.ts';
import { identityService } from '../core/api/identity/service.ts';
import { BrokenInvariant, present } from '../core/base/units.ts';
import { newId } from '../core/identity/bootstrap.ts';
import { assignments, projects, roles, users } from '../core/identity/rows.ts';
import { done } from '../core/ports/reply.ts';
import { images } from '../core/servers/rows.ts';
import { ApiTrial, type AskAbout, type Told } from './api-trial.ts';
import type { Drain } from './timeline.ts';

/** An image that is there from the beginning. */
export const IMAGE = '5dee59e4-b5dc-4a77-ab60-4ab3fdbbfece';
export type Method = Route<never>['method'];
/** Somebody's way to ask at one microversion, on one installation. */
export interface Client {
  readonly trial: ApiTrial;
  readonly version: number;
  readonly token: string;
  ask(method: Method, path: string, body?: unknown): Promise<Told>;
}

export const clientOf = (trial: ApiTrial, token: string, version: number): Client => ({
  trial,
  version,
  token,
  ask: (method, path, body) => {
    const headers = { 'openstack-api-version': `compute 2.${version}` };
    const about: AskAbout = { token, headers, ...(body === undefined ? {} : { body }) };
    return trial.ask(method, `/compute/v2.1${path}`, about);
  },
});

export async function openCompute(
  drain: Drain,
  services: readonly Service<never>[] = [identityService(), computeService()] as never,
): Promise<ApiTrial> {
  const trial = await ApiTrial.open(services as never, drain);
  await trial.rooms.ledger.submit((draft) => {
    draft.put(images, {
      ...{ id: IMAGE, name: 'blank', status: 'active', visibility: 'public', owner: '' },
      ...{ disk_format: 'raw', container_format: 'bare', size_bytes: 1, checksum: '' },
      ...{ min_disk_gib: 0, min_ram_mib: 0, protected: false, tags: [], properties: {} },
      ...{ created_at_ms: 0, updated_at_ms: 0 },
    } as never);
    return done(undefined);
  });
  return trial;
}

export async function admin(trial: ApiTrial, version = 96): Promise<Client> {
  return clientOf(trial, await trial.token(), version);
}

/** Somebody with that role in a project of their own. */
export async function stranger(trial: ApiTrial, role: string, version = 96): Promise<Client> {
  const { ledger, entropy, passwords } = trial.rooms;
  const [user, project] = [newId(entropy), newId(entropy)];
  const password_hash = await passwords.hash('pw');
  const name = `s${user.slice(0, 6)}`;
  await ledger.submit((draft) => {
    const about = { name, enabled: true, description: '', created_at_ms: 0 };
    const more = { email: null, default_project_id: null, password_hash };
    draft.put(projects, { ...about, id: project });
    draft.put(users, { ...about, ...more, id: user });
    const role_id = draft.rows(roles).by('name', role)[0]?.id ?? '';
    draft.put(assignments, { user_id: user, target: project, role_id });
    return done(undefined);
  });
  return clientOf(trial, await trial.token(name, 'pw', name), version);
}

export async function flavor(client: Client, more: object = {}): Promise<string> {
  const name = `f${(await client.ask('GET', '/flavors?is_public=None')).body.flavors.length}`;
  const body = { flavor: { name, ram: 512, vcpus: 1, disk: 1, ...more } };
  const answer = await client.ask('POST', '/flavors', body);
  return present(answer.body.flavor, JSON.stringify(answer.body)).id;
}

export const wanted = (client: Client, flavorRef: string, more: object = {}) => ({
  name: 'vm',
  imageRef: IMAGE,
  flavorRef,
  ...(client.version >= 37 ? { networks: 'none' } : {}),
  ...more,
});

export async function boot(
  client: Client,
  flavorRef: string,
  more: object = {},
  hints?: object,
): Promise<string> {
  const hinted = hints === undefined ? {} : { 'os:scheduler_hints': hints };
  const body = { server: wanted(client, flavorRef, more), ...hinted };
  const answer = await client.ask('POST', '/servers', body);
  return present(answer.body.server, JSON.stringify(answer.body)).id;
}

/** Lets time go on until the server is at rest. */
export async function rested(client: Client, id: string): Promise<Told['body']> {
  for (let tries = 0; tries < 200; tries++) {
    const { status, body } = await client.ask('GET', `/servers/${id}`);
    const server = body.server;
    if (status === 404 || (server.status !== 'BUILD' && !server['OS-EXT-STS:task_state'])) {
      return status === 404 ? null : server;
    }
    client.trial.step();
  }
  throw new BrokenInvariant(`server ${id} does not come to rest`);
}
