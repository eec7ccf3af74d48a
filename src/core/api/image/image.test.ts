/**
 * Goal: images go in and come out as they were, are seen by those who may, and changed by their
 * owners; lists filter, sort and page.
 * Method: an installation on simulated time, an administrator and a member of another project.
 * Mutants that these killed: everybody sees all, or not even their own; `protected` ignored; a
 * failed upload left `saving`; a page that begins one too late.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { ApiTrial } from '../../../sim/api-trial.ts';
import { newId } from '../../identity/bootstrap.ts';
import { assignments, projects, roles, users } from '../../identity/rows.ts';
import { done, no } from '../../ports/reply.ts';
import { identityService } from '../identity/service.ts';
import { imageService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => ApiTrial.open([identityService(), imageService()], drain, []);
const IMAGES = '/image/v2/images';
const octets = { 'content-type': 'application/octet-stream' };
const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

async function outsider(trial: ApiTrial, role: string): Promise<string> {
  const { ledger, entropy, passwords } = trial.rooms;
  const [user, project] = [newId(entropy), newId(entropy)];
  const password_hash = await passwords.hash('pw');
  await ledger.submit((draft) => {
    const about = { name: `u-${role}`, enabled: true, description: '', created_at_ms: 0 };
    const more = { email: null, default_project_id: null, password_hash };
    draft.put(projects, { ...about, id: project });
    draft.put(users, { ...about, ...more, id: user });
    const role_id = draft.rows(roles).by('name', role)[0]?.id ?? '';
    draft.put(assignments, { user_id: user, target: project, role_id });
    return done(undefined);
  });
  return trial.token(`u-${role}`, 'pw', `u-${role}`);
}

async function make(trial: ApiTrial, token: string, about: object): Promise<string> {
  const base = { disk_format: 'raw', container_format: 'bare' };
  const answer = await trial.ask('POST', IMAGES, { token, body: { ...base, ...about } });
  equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body.id;
}

test('bytes go in once, and come out as they were', async () => {
  const trial = await open();
  const token = await trial.token();
  const id = await make(trial, token, { name: 'a', os_type: 'linux' });
  equal((await trial.ask('GET', `${IMAGES}/${id}`, { token })).body.status, 'queued');
  const bytes = Uint8Array.from([104, 101, 108, 108, 111]);
  const put = { token, headers: octets, bytes };
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 204);
  const { body } = await trial.ask('GET', `${IMAGES}/${id}`, { token });
  deepEqual(
    [body.status, body.size, body.checksum, body.os_type],
    ['active', 5, '5d41402abc4b2a76b9719d911017c592', 'linux'],
  );
  const got = await trial.ask('GET', `${IMAGES}/${id}/file`, { token });
  deepEqual([got.status, got.body, got.headers['content-length']], [200, 'hello', '5']);
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 409);
});

test('a refused upload leaves the image queued, and it may be tried again', async () => {
  const trial = await open();
  const token = await trial.token();
  const id = await make(trial, token, { disk_format: 'qcow2' });
  const put = { token, headers: octets, bytes: Uint8Array.of(1, 2, 3) };
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 400);
  equal((await trial.ask('GET', `${IMAGES}/${id}`, { token })).body.status, 'queued');
  const body = [{ op: 'replace', path: '/disk_format', value: 'raw' }];
  equal((await trial.ask('PATCH', `${IMAGES}/${id}`, { token, headers: patch, body })).status, 200);
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 204);
});

test('an upload that the ledger could not begin may be tried again', async () => {
  const trial = await open();
  const token = await trial.token();
  const id = await make(trial, token, {});
  const { ledger } = trial.rooms;
  const submit = ledger.submit.bind(ledger);
  ledger.submit = async (decide) => {
    ledger.submit = submit;
    await submit((draft) => no(decide(draft))); // decided, and then not written
    return no({ why: 'unavailable', message: 'the disk is full' });
  };
  const put = { token, headers: octets, bytes: Uint8Array.of(1) };
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 503);
  equal((await trial.ask('PUT', `${IMAGES}/${id}/file`, put)).status, 204);
});

test('others see what is public, change nothing, and know of nothing else', async () => {
  const trial = await open();
  const [admin, other] = [await trial.token(), await outsider(trial, 'member')];
  const open_ = await make(trial, admin, { name: 'open', visibility: 'public' });
  const shut = await make(trial, admin, { name: 'shut', visibility: 'private' });
  const seen = async (path: string) => (await trial.ask('GET', path, { token: other })).status;
  deepEqual([await seen(`${IMAGES}/${open_}`), await seen(`${IMAGES}/${shut}`)], [200, 404]);
  const list = await trial.ask('GET', IMAGES, { token: other });
  deepEqual(
    list.body.images.map(({ name }: { name: string }) => name),
    ['open'],
  );
  equal((await trial.ask('DELETE', `${IMAGES}/${open_}`, { token: other })).status, 403);
  const body = { name: 'x', visibility: 'public' };
  equal((await trial.ask('POST', IMAGES, { token: other, body })).status, 403);
  const own = await make(trial, other, { name: 'own', visibility: 'private' });
  equal(await seen(`${IMAGES}/${own}`), 200);
  const reader = await outsider(trial, 'reader');
  equal((await trial.ask('GET', `${IMAGES}/${own}`, { token: reader })).status, 404);
  equal((await trial.ask('POST', IMAGES, { token: reader, body: { name: 'x' } })).status, 403);
  equal((await trial.ask('GET', IMAGES)).status, 401);
});

test('a protected image stays until it is not', async () => {
  const trial = await open();
  const token = await trial.token();
  const id = await make(trial, token, { protected: true });
  equal((await trial.ask('DELETE', `${IMAGES}/${id}`, { token })).status, 403);
  const body = [{ op: 'replace', path: '/protected', value: false }];
  await trial.ask('PATCH', `${IMAGES}/${id}`, { token, headers: patch, body });
  equal((await trial.ask('DELETE', `${IMAGES}/${id}`, { token })).status, 204);
  equal((await trial.ask('GET', `${IMAGES}/${id}`, { token })).status, 404);
});

test('what is not as it should be is refused, and what is the system’s own is not set', async () => {
  const trial = await open();
  const token = await trial.token();
  const refusals: [object, number][] = [
    [{ disk_format: 'floppy' }, 400],
    [{ min_disk: -1 }, 400],
    [{ visibility: 'all' }, 400],
    [{ id: 'one' }, 400],
    [{ status: 'active' }, 403],
    [{ checksum: 'x' }, 403],
    [{ os_type: 7 }, 400],
  ];
  for (const [body, status] of refusals) {
    equal((await trial.ask('POST', IMAGES, { token, body })).status, status, JSON.stringify(body));
  }
  const id = await make(trial, token, { constructor: 'x' });
  equal((await trial.ask('GET', `${IMAGES}/${id}`, { token })).body.constructor, 'x');
});

test('lists filter, sort and page; the pages together are the list', async () => {
  const trial = await open();
  const token = await trial.token();
  for (const name of ['c', 'a', 'b']) await make(trial, token, { name, flavour: name });
  const names = async (query: string): Promise<string> => {
    const { body } = await trial.ask('GET', `${IMAGES}?${query}`, { token });
    return body.images.map((image: { name: string }) => image.name).join('');
  };
  equal(await names('sort=name:asc'), 'abc');
  equal(await names('sort_key=name&sort_dir=desc'), 'cba');
  equal(await names('name=b'), 'b');
  equal(await names('name=in:a,c&sort=name:asc'), 'ac');
  equal(await names('flavour=c&status=queued'), 'c');
  equal(await names('status=active'), '');
  let path = `${IMAGES}?sort=name:asc&limit=2`;
  const pages: string[] = [];
  while (path !== '') {
    const { body } = await trial.ask('GET', path, { token });
    pages.push(body.images.map((image: { name: string }) => image.name).join(''));
    path = body.next === undefined ? '' : `/image${body.next}`;
  }
  deepEqual(pages, ['ab', 'c']);
  equal((await trial.ask('GET', `${IMAGES}?marker=no`, { token })).status, 400);
  equal((await trial.ask('GET', `${IMAGES}?limit=x`, { token })).status, 400);
});

test('versions need no token', async () => {
  const trial = await open();
  const { status, body } = await trial.ask('GET', '/image/');
  equal(status, 300);
  ok(body.versions[0].links[0].href.endsWith('/image/v2/'));
});
