/**
 * What tempest needs before it can begin, made through the same APIs that it will then use: users
 * with a project each, quotas, and two images. The flavors are those of every new installation.
 */

/** What a run has to be told about this installation. */
export interface Furnished {
  readonly auth_url: string;
  readonly images: readonly [string, string];
  readonly flavors: readonly [string, string];
}

/** Two workers take six accounts; tempest locks them for a whole class of tests. */
const ACCOUNTS = 12;
/** The smallest two that every new installation has. */
const FLAVORS = ['1', '2'] as const;
/** What everybody may have: some tests are left out where nothing is bounded. */
const QUOTAS = { cores: 20, instances: 10, ram: 51_200, server_groups: 10 };
const SECOND_IMAGE_BYTES = 512 * 1024;

const JSON_TYPE = 'application/json';

const kinds = [
  { prefix: 'tempest-', roles: ['member', 'reader'] },
  { prefix: 'tempest-admin-', roles: ['admin', 'member', 'reader'] },
] as const;

export async function furnishForTempest(url: string, password: string): Promise<Furnished> {
  const caller = await Administrator.logIn(url, password);
  const roles = new Map(
    (await caller.list<Named>('/identity/v3/roles', 'roles')).map(({ name, id }) => [name, id]),
  );
  for (let number = 1; number <= ACCOUNTS; number++) {
    for (const kind of kinds) {
      const ids = kind.roles.map((name) => roles.get(name) as string);
      await makeAccount(caller, `${kind.prefix}${number}`, password, ids);
    }
  }
  const quotas = JSON.stringify({ quota_class_set: QUOTAS });
  await caller.send('PUT', '/compute/v2.1/os-quota-class-sets/default', quotas, JSON_TYPE, '2.57');
  const [first] = await caller.list<Named>('/image/v2/images', 'images');
  if (first === undefined) throw new Error('there is no image');
  const images = [first.id, await secondImage(caller)] as const;
  return { auth_url: `${url}/identity/v3`, images, flavors: FLAVORS };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

async function makeAccount(
  caller: Administrator,
  name: string,
  password: string,
  roles: readonly string[],
): Promise<void> {
  const made = await caller.post<{ project: Named }>('/identity/v3/projects', {
    project: { name },
  });
  const default_project_id = made.project.id;
  const { user } = await caller.post<{ user: Named }>('/identity/v3/users', {
    user: { name, password, default_project_id },
  });
  for (const role of roles) {
    const path = `/identity/v3/projects/${default_project_id}/users/${user.id}/roles/${role}`;
    await caller.send('PUT', path);
  }
}

async function secondImage(caller: Administrator): Promise<string> {
  const { id } = await caller.post<Named>('/image/v2/images', {
    name: 'blank-alt',
    visibility: 'public',
    disk_format: 'raw',
    container_format: 'bare',
  });
  const bytes = new Uint8Array(SECOND_IMAGE_BYTES);
  await caller.send('PUT', `/image/v2/images/${id}/file`, bytes, 'application/octet-stream');
  return id;
}

/** Asks as the administrator; an answer that is not a success ends the start. */
class Administrator {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async logIn(url: string, password: string): Promise<Administrator> {
    const domain = { id: 'default' };
    const body = {
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: 'admin', domain, password } },
        },
        scope: { project: { name: 'admin', domain } },
      },
    };
    const caller = new Administrator(url, '');
    const answer = await caller.send('POST', '/identity/v3/auth/tokens', JSON.stringify(body));
    return new Administrator(url, answer.headers.get('x-subject-token') ?? '');
  }

  async list<T>(path: string, name: string): Promise<readonly T[]> {
    const body = (await (await this.send('GET', path)).json()) as Record<string, T[]>;
    return body[name] ?? [];
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.send('POST', path, JSON.stringify(body))).json() as Promise<T>;
  }

  async send(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    type = JSON_TYPE,
    version = '2.1',
  ): Promise<Response> {
    const headers = {
      'x-auth-token': this.#token,
      'openstack-api-version': `compute ${version}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    };
    const init = body === undefined ? { method, headers } : { method, headers, body };
    const answer = await fetch(`${this.#url}${path}`, init);
    if (answer.ok) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
}
