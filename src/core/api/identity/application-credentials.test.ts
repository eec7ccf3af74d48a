/**
 * Goal: an application credential logs in to its own project with no more than its roles, ends
 * with whatever it rests on, and a restricted one makes no others (I4).
 * Method: an installation on simulated time; one credential after another, and what is done to it.
 * Each way round is tried: more roles, another scope, a deleted credential, a wrong secret, and a
 * credential that would make another.
 */
import { deepEqual, equal, notEqual } from 'node:assert/strict';
import test from 'node:test';
import { ApiTrial, type Told } from '../../../sim/api-trial.ts';
import { GUESSES_FREE } from '../../identity/guesses.ts';
import { assignments } from '../../identity/rows.ts';
import { done } from '../../ports/reply.ts';
import { identityService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const TOKENS = '/identity/v3/auth/tokens';

class Trial {
  readonly api: ApiTrial;
  readonly token: string;
  readonly path: string;
  readonly user: string;

  private constructor(api: ApiTrial, token: string, user: string) {
    this.api = api;
    this.token = token;
    this.user = user;
    this.path = `/identity/v3/users/${user}/application_credentials`;
  }

  static async open(): Promise<Trial> {
    const api = await ApiTrial.open([identityService()], drain, []);
    const token = await api.token();
    const headers = { 'x-subject-token': token };
    const who = await api.ask('GET', TOKENS, { token, headers });
    return new Trial(api, token, who.body.token.user.id);
  }

  make(application_credential: object, token = this.token): Promise<Told> {
    return this.api.ask('POST', this.path, { token, body: { application_credential } });
  }

  logIn(application_credential: object, scope?: object): Promise<Told> {
    const identity = { methods: ['application_credential'], application_credential };
    const body = { auth: scope === undefined ? { identity } : { identity, scope } };
    return this.api.ask('POST', TOKENS, { body });
  }
}

const made = async (trial: Trial, about: object = {}) =>
  (await trial.make({ name: 'robot', ...about })).body.application_credential;

test('it is told once, and logs in by id, or by name and user, to its own project', async () => {
  const trial = await Trial.open();
  const { id, secret, roles, unrestricted, expires_at } = await made(trial);
  equal(unrestricted, false);
  equal(expires_at, null);
  equal(roles[0].name, 'admin');
  const shown = await trial.api.ask('GET', `${trial.path}/${id}`, { token: trial.token });
  equal('secret' in shown.body.application_credential, false);
  const user = { id: trial.user };
  for (const by of [{ id }, { name: 'robot', user }]) {
    const answer = await trial.logIn({ ...by, secret });
    equal(answer.status, 201);
    equal(answer.body.token.project.name, 'admin');
    deepEqual(answer.body.token.methods, ['application_credential']);
    deepEqual(answer.body.token.application_credential, { id, name: 'robot', restricted: true });
  }
});

test('a wrong secret, a name of nobody, and a scope of one’s own are refused', async () => {
  const trial = await Trial.open();
  const { id, secret } = await made(trial);
  equal((await trial.logIn({ id, secret: 'wrong' })).status, 401);
  equal((await trial.logIn({ id: 'none', secret })).status, 401);
  equal((await trial.logIn({ name: 'robot', secret })).status, 401);
  equal((await trial.logIn({ id, secret }, { system: { all: true } })).status, 401);
});

test('guessing a secret is slowed, and does not slow the password', async () => {
  const trial = await Trial.open();
  const { id, secret } = await made(trial);
  for (let guess = 0; guess <= GUESSES_FREE; guess++) await trial.logIn({ id, secret: 'wrong' });
  equal((await trial.logIn({ id, secret })).status, 401);
  equal((await trial.api.token()) === '', false);
});

test('it brings the roles asked for and no others, and only those that one has', async () => {
  const trial = await Trial.open();
  const { id, secret } = await made(trial, { roles: [{ name: 'member' }] });
  const names = (await trial.logIn({ id, secret })).body.token.roles.map(
    (role: { name: string }) => role.name,
  );
  deepEqual(names, ['member', 'reader']);
  equal((await trial.make({ name: 'b', roles: [{ name: 'service' }] })).status, 400);
  equal((await trial.make({ name: 'robot' })).status, 409);
  equal((await trial.make({ name: 'c', expires_at: '2020-01-01T00:00:00' })).status, 400);
  equal((await trial.make({ name: 'd', access_rules: [{ path: '/x' }] })).status, 400);
});

test('its token leads nowhere else, and goes when the roles or the credential go (I4)', async () => {
  const trial = await Trial.open();
  const { directory, ledger } = trial.api.rooms;
  const { id, secret } = await made(trial);
  const token = (await trial.logIn({ id, secret })).headers['x-subject-token'] ?? '';
  const identity = { methods: ['token'], token: { id: token } };
  const scope = { system: { all: true } };
  equal((await trial.api.ask('POST', TOKENS, { body: { auth: { identity, scope } } })).status, 401);
  equal((await trial.api.ask('POST', TOKENS, { body: { auth: { identity } } })).status, 201);
  const [row] = await ledger
    .submit((draft) => {
      const held = draft.rows(assignments).by('user_id', trial.user);
      const gone = held.filter(({ target }) => target !== 'system');
      for (const one of gone) draft.remove(assignments, one);
      return done(gone);
    })
    .then((reply) => (reply.is === 'done' ? reply.value : []));
  equal(directory.authenticate(token), null);
  await ledger.submit((draft) => {
    if (row !== undefined) draft.put(assignments, row);
    return done(undefined);
  });
  notEqual(directory.authenticate(token), null);
  const removed = await trial.api.ask('DELETE', `${trial.path}/${id}`, { token: trial.token });
  equal(removed.status, 204);
  equal(directory.authenticate(token), null);
  equal((await trial.logIn({ id, secret })).status, 401);
});

test('a restricted one makes no others; an unrestricted one does; others’ are closed', async () => {
  const trial = await Trial.open();
  const restricted = await made(trial);
  const free = await made(trial, { name: 'free', unrestricted: true });
  const tokenOf = async ({ id, secret }: { id: string; secret: string }) =>
    (await trial.logIn({ id, secret })).headers['x-subject-token'] ?? '';
  equal((await trial.make({ name: 'x' }, await tokenOf(restricted))).status, 403);
  equal((await trial.make({ name: 'y' }, await tokenOf(free))).status, 201);
  const elsewhere = '/identity/v3/users/somebody/application_credentials';
  const body = { application_credential: { name: 'z' } };
  equal((await trial.api.ask('POST', elsewhere, { token: trial.token, body })).status, 403);
  const listed = await trial.api.ask('GET', trial.path, { token: trial.token });
  equal(listed.body.application_credentials.length, 3);
});

test('it expires, and so does what was got with it', async () => {
  const trial = await Trial.open();
  const { id, secret } = await made(trial, { expires_at: '2026-01-01T01:00:00' });
  const { body } = await trial.logIn({ id, secret });
  equal(body.token.expires_at, '2026-01-01T01:00:00.000000Z');
});
