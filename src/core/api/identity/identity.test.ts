/**
 * Goal: who has a password gets a token, who has a token is who it says, and nobody else (I1–I3);
 * the routes that clients need are there, in their shapes.
 * Method: an installation on simulated time; logins right and wrong; what is changed under a token
 * that is out. Every route that an administrator has is tried as a reader too.
 * Mutants that these killed: no expiry; sessions kept when roles change; a disabled user let in; a
 * token from a token that lives longer; no wait after guesses; any password; any project.
 */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { ApiTrial, PASSWORD, type Told } from '../../../sim/api-trial.ts';
import { GUESSES_FREE } from '../../identity/guesses.ts';
import { TOKEN_LIFE_MS } from '../../identity/login.ts';
import { projects, users } from '../../identity/rows.ts';
import { done } from '../../ports/reply.ts';
import { identityService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => ApiTrial.open([identityService()], drain, []);
const TOKENS = '/identity/v3/auth/tokens';
const domain = { id: 'default' };

const login = (trial: ApiTrial, name: string, password: string, scope?: unknown) =>
  trial.ask('POST', TOKENS, {
    body: {
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain, password } } },
        ...(scope === undefined ? {} : { scope }),
      },
    },
  });

/** A user with a role on a project of their own. */
async function member(trial: ApiTrial, name: string, role: string): Promise<string> {
  const token = await trial.token();
  const idOf = ({ body }: Told, kind: string): string => body[kind].id;
  const project = idOf(
    await trial.ask('POST', '/identity/v3/projects', { token, body: { project: { name } } }),
    'project',
  );
  const body = { user: { name, password: `${name}!` } };
  const user = idOf(await trial.ask('POST', '/identity/v3/users', { token, body }), 'user');
  const roles = await trial.ask('GET', `/identity/v3/roles?name=${role}`, { token });
  const path = `/identity/v3/projects/${project}/users/${user}/roles/${roles.body.roles[0].id}`;
  equal((await trial.ask('PUT', path, { token })).status, 204);
  return trial.token(name, `${name}!`, name);
}

test('a password gives a token, with its user, project, roles and catalog', async () => {
  const trial = await open();
  const answer = await login(trial, 'admin', PASSWORD, { project: { name: 'admin', domain } });
  equal(answer.status, 201);
  const { token } = answer.body;
  equal(token.user.name, 'admin');
  equal(token.project.name, 'admin');
  deepEqual(
    token.roles.map((role: { name: string }) => role.name),
    ['admin', 'manager', 'member', 'reader'],
  );
  deepEqual(
    token.catalog.map((service: { type: string }) => service.type),
    ['identity', 'compute', 'placement', 'image', 'network'],
  );
  equal(token.expires_at, '2026-01-01T12:00:00.000000Z');
});

test('the scope is the default project, none, the system, or refused', async () => {
  const trial = await open();
  equal((await login(trial, 'admin', PASSWORD)).body.token.project.name, 'admin');
  equal((await login(trial, 'admin', PASSWORD, 'unscoped')).body.token.project, undefined);
  const system = await login(trial, 'admin', PASSWORD, { system: { all: true } });
  deepEqual(system.body.token.system, { all: true });
  for (const project of [{ name: 'nowhere', domain }, { name: 'admin' }, { id: 'none' }]) {
    equal((await login(trial, 'admin', PASSWORD, { project })).status, 401);
  }
});

test('a project where one has no role is as good as none', async () => {
  const trial = await open();
  await member(trial, 'ann', 'member');
  const scope = { project: { name: 'admin', domain } };
  equal((await login(trial, 'ann', 'ann!', scope)).status, 401);
  equal((await login(trial, 'ann', 'ann!', { system: { all: true } })).status, 401);
  equal((await login(trial, 'ann', 'ann!')).body.token.project, undefined);
});

test('a user or a project that is disabled, by whomever, ends what is out (I1)', async () => {
  const trial = await open();
  const { directory, ledger } = trial.rooms;
  const [ann, bob] = [await member(trial, 'ann', 'member'), await member(trial, 'bob', 'member')];
  notEqual(directory.authenticate(ann), null);
  await ledger.submit((draft) => {
    for (const row of draft.rows(users).by('name', 'ann'))
      draft.put(users, { ...row, enabled: false });
    for (const row of draft.rows(projects).by('name', 'bob')) {
      draft.put(projects, { ...row, enabled: false });
    }
    return done(undefined);
  });
  equal(directory.authenticate(ann), null);
  equal(directory.authenticate(bob), null);
});

test('every wrong proof is answered alike', async () => {
  const trial = await open();
  const answers = await Promise.all([
    login(trial, 'admin', 'wrong'),
    login(trial, 'nobody', PASSWORD),
    login(trial, 'admin', ''),
  ]);
  for (const { status, body, headers } of answers) {
    equal(status, 401);
    deepEqual(body, answers[0]?.body);
    ok(headers['www-authenticate']);
  }
});

test('guessing is slowed: the right password has to wait as well', async () => {
  const trial = await open();
  for (let guess = 0; guess <= GUESSES_FREE; guess++) await login(trial, 'admin', 'wrong');
  equal((await login(trial, 'admin', PASSWORD)).status, 401);
  trial.timeline.after(1001, () => {});
  while (trial.timeline.step());
  equal((await login(trial, 'admin', PASSWORD)).status, 201);
});

test('a token ends when it expires, is revoked, or its user is disabled (I1)', async () => {
  const trial = await open();
  const [admin, first, second] = [await trial.token(), await trial.token(), await trial.token()];
  const mine = await member(trial, 'ann', 'member');
  equal(trial.rooms.directory.authenticate(first)?.user_name, 'admin');
  const subject = { token: admin, headers: { 'x-subject-token': first } };
  equal((await trial.ask('DELETE', TOKENS, subject)).status, 204);
  equal(trial.rooms.directory.authenticate(first), null);
  equal((await trial.ask('GET', TOKENS, subject)).status, 404);

  const ann = trial.rooms.directory.authenticate(mine);
  const path = `/identity/v3/users/${ann?.user_id}`;
  await trial.ask('PATCH', path, { token: admin, body: { user: { enabled: false } } });
  equal(trial.rooms.directory.authenticate(mine), null);

  notEqual(trial.rooms.directory.authenticate(second), null);
  trial.timeline.after(TOKEN_LIFE_MS, () => {});
  while (trial.timeline.step());
  equal(trial.rooms.directory.authenticate(second), null);
});

test('a role taken away is gone from tokens that are out (I2)', async () => {
  const trial = await open();
  const admin = await trial.token();
  const token = await member(trial, 'bob', 'member');
  const caller = trial.rooms.directory.authenticate(token);
  deepEqual(caller?.roles, ['member', 'reader']); // I3
  const on = `/identity/v3/projects/${caller?.project_id}/users/${caller?.user_id}/roles`;
  const held = await trial.ask('GET', on, { token: admin });
  const path = `${on}/${held.body.roles[0].id}`;
  equal((await trial.ask('DELETE', path, { token: admin })).status, 204);
  deepEqual(trial.rooms.directory.authenticate(token)?.roles, []);
});

test('a token got with a token does not outlive it', async () => {
  const trial = await open();
  const first = await trial.token();
  trial.timeline.after(3_600_000, () => {});
  while (trial.timeline.step());
  const body = { auth: { identity: { methods: ['token'], token: { id: first } } } };
  const second = await trial.ask('POST', TOKENS, { body });
  equal(second.body.token.expires_at, '2026-01-01T12:00:00.000000Z');
  deepEqual(second.body.token.methods, ['password', 'token']);
});

test('a token that ends while another is asked for with it gives none', async () => {
  const trial = await open();
  const token = await trial.token();
  const { logins } = trial.rooms;
  const both = Promise.all([
    logins.revoke(token),
    logins.login({ by: 'token', token }, { to: 'default' }),
  ]);
  while (trial.timeline.step()) await drain();
  const [gone, reply] = await both;
  deepEqual([gone.is, reply.is], ['done', 'no']);
});

test('role assignments are told by id, and by name for those who ask', async () => {
  const trial = await open();
  const token = await trial.token();
  await member(trial, 'ann', 'member');
  const list = async (query: string) =>
    (await trial.ask('GET', `/identity/v3/role_assignments${query}`, { token })).body
      .role_assignments;
  const [plain] = await list('');
  deepEqual(Object.keys(plain.user), ['id']);
  const named = await list('?include_names=True');
  const anns = named.filter((one: { user: { name: string } }) => one.user.name === 'ann');
  equal(anns.length, 1);
  equal(anns[0].role.name, 'member');
  deepEqual([anns[0].scope.project.name, anns[0].scope.project.domain.name], ['ann', 'Default']);
  ok(named.some((one: { scope: { system?: object } }) => one.scope.system !== undefined));
});

test('what is for administrators is refused to readers, and without a token', async () => {
  const trial = await open();
  const token = await member(trial, 'eve', 'reader');
  const closed = [
    ['GET', '/users', undefined],
    ['POST', '/users', { user: { name: 'x' } }],
    ['GET', '/projects', undefined],
    ['POST', '/projects', { project: { name: 'x' } }],
    ['POST', '/roles', { role: { name: 'x' } }],
    ['GET', '/role_assignments', undefined],
    ['PUT', '/projects/p/users/u/roles/r', undefined],
    ['DELETE', '/users/u', undefined],
    ['DELETE', '/projects/p', undefined],
    ['DELETE', '/roles/r', undefined],
  ] as const;
  for (const [method, path, body] of closed) {
    const about = body === undefined ? {} : { body };
    equal((await trial.ask(method, `/identity/v3${path}`, { token, ...about })).status, 403, path);
    equal((await trial.ask(method, `/identity/v3${path}`, about)).status, 401, path);
  }
  const own = await trial.ask('GET', '/identity/v3/auth/projects', { token });
  deepEqual(
    own.body.projects.map(({ name }: { name: string }) => name),
    ['eve'],
  );
});

test('names are unique, ids are not names, and what is deleted is gone', async () => {
  const trial = await open();
  const token = await trial.token();
  const make = (name: string) =>
    trial.ask('POST', '/identity/v3/projects', { token, body: { project: { name } } });
  const { id } = (await make('one')).body.project;
  equal((await make('one')).status, 409);
  equal((await trial.ask('GET', '/identity/v3/projects/one', { token })).status, 404);
  const named = await trial.ask('GET', '/identity/v3/projects?name=one', { token });
  equal(named.body.projects[0].id, id);
  ok(named.body.projects[0].links.self.endsWith(`/v3/projects/${id}`));
  equal((await trial.ask('DELETE', `/identity/v3/projects/${id}`, { token })).status, 204);
  equal((await trial.ask('GET', `/identity/v3/projects/${id}`, { token })).status, 404);
  const role = { token, body: { role: { name: 'admin' } } };
  equal((await trial.ask('POST', '/identity/v3/roles', role)).status, 409);
});

test('versions are told without a token, and bodies that are none are refused', async () => {
  const trial = await open();
  equal((await trial.ask('GET', '/identity/v3')).body.version.id, 'v3.14');
  equal((await trial.ask('GET', '/identity/')).body.versions.values[0].status, 'stable');
  equal((await trial.ask('POST', TOKENS, { body: { auth: 1 } })).status, 400);
  equal((await trial.ask('POST', TOKENS)).status, 400);
  equal((await trial.ask('GET', '/identity/v3/nothing')).status, 404);
  equal((await trial.ask('PATCH', TOKENS)).status, 405);
});

test('a change takes what is known of a project, and leaves the rest of what is said', async () => {
  const trial = await open();
  const token = await trial.token();
  const made = await trial.ask('POST', '/identity/v3/projects', {
    token,
    body: { project: { name: 'p' } },
  });
  const project = { description: 'new', colour: 'green', '': 1 };
  const path = `/identity/v3/projects/${made.body.project.id}`;
  const told = await trial.ask('PATCH', path, { token, body: { project } });
  deepEqual([told.status, told.body.project.description], [200, 'new']);
  equal('colour' in told.body.project, false);
  equal((await trial.ask('GET', path, { token })).body.project.name, 'p');
});
