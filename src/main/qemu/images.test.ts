/**
 * Goal: a host elsewhere gets exactly the bytes of an image, once; keeps no more than it may; hands
 * nothing wrong to a guest; and a token opens no more than it should (IC1 to IC3, AI1, AI2).
 * Method: the service and the cache put together without sockets, on real files; the rows of
 * images stand in a map. Mutants tried by hand: no check of the checksum, no bound, the newest file
 * cleared first, writing to active images allowed; each was caught.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { HttpRequest, HttpResponse } from '../../core/api/http.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import { type ImageRow, images } from '../../core/servers/rows.ts';
import { openImageFiles } from '../../real/image-files.ts';
import { type AgentImagesRooms, agentImagesService } from './agent-images.ts';
import { bootImageOf } from './boot-image.ts';
import type { Ask } from './control-line.ts';
import { ImageCache } from './image-cache.ts';
import { remoteImages } from './remote-images.ts';

const root = mkdtempSync(join(tmpdir(), 'plimsoll-images-'));
after(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, 'd'));
const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A control plane with images of these bytes, the nth of them under the nth id. */
async function control(contents: readonly string[]) {
  const files = await openImageFiles(fresh());
  const rows = new Map<string, Partial<ImageRow>>();
  for (const [n, text] of contents.entries()) {
    const saved = await files.save(idOf(n), 'raw', once(text));
    ok(saved.is === 'done');
    rows.set(idOf(n), {
      id: idOf(n),
      status: 'active',
      disk_format: 'raw',
      properties: {},
      ...saved.value,
    });
  }
  const view = { rows: (table: unknown) => (table === images ? rows : new Map()) };
  const ledger = { read: async (look: (given: unknown) => unknown) => look(view) };
  const rooms: AgentImagesRooms = {
    ledger: ledger as unknown as Ledger,
    imageFiles: files,
    hostOf: async (token) => (token === 'good' ? 'h1' : null),
  };
  return { files, rows, rooms, ask: askOf(rooms) };
}

/** As a socket would carry it; counts what was sent in full. */
function askOf(rooms: AgentImagesRooms, token = 'good') {
  const sent: string[] = [];
  const ask: Ask = async (path, headers = {}, { method = 'GET', body } = {}) => {
    const [at = '', query = ''] = path.split('?');
    const [, , id = '', file] = at.split('/');
    const route = agentImagesService.routes.find(
      (one) => one.method === method && one.path.endsWith('/file') === (file === 'file'),
    );
    const request = {
      ...{ params: { id }, query, stream: body ?? null },
      headers: { ...headers, authorization: `Bearer ${token}` },
    } as unknown as HttpRequest;
    const answer = await (route?.handle(request, rooms) as Promise<HttpResponse>);
    if (answer.status === 200 && file === 'file' && method === 'GET') sent.push(id);
    return { is: 'answer', response: await responseOf(answer) };
  };
  return Object.assign(ask, { sent });
}

async function responseOf({ status, headers = {}, body }: HttpResponse): Promise<Response> {
  const whole =
    body === undefined || status === 304 ? null : await all(body as AsyncIterable<Uint8Array>);
  return new Response(whole, { status, headers });
}

async function* once(text: string) {
  yield Buffer.from(text);
}

async function all(bytes: string | Uint8Array | AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  if (bytes === null) return Buffer.alloc(0);
  if (typeof bytes === 'string') return Buffer.from(bytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes as AsyncIterable<Uint8Array>) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('an image is fetched once, also by many at once, and is what it was', async () => {
  const { ask } = await control(['one']);
  const cache = new ImageCache({ directory: fresh(), bytes_max: 1000, ask });
  const got = await Promise.all([1, 2, 3].map(() => cache.open(idOf(0))));
  for (const bytes of got) equal(String(await all(bytes)), 'one');
  equal(String(await all(await cache.open(idOf(0)))), 'one');
  deepEqual(ask.sent, [idOf(0)]);
  equal(await cache.open(idOf(7)), null);
});

test('what is kept is bounded; what was used last stays, what is read stays readable', async () => {
  const { ask } = await control(['0'.repeat(40), '1'.repeat(40), '2'.repeat(40)]);
  const directory = fresh();
  const cache = new ImageCache({ directory, bytes_max: 100, ask });
  const reading = await cache.open(idOf(0));
  await all(await cache.open(idOf(1)));
  await all(await cache.open(idOf(2)));
  deepEqual(
    readdirSync(directory)
      .map((name) => name.slice(0, 36))
      .sort(),
    [idOf(1), idOf(2)],
  );
  equal(String(await all(reading)), '0'.repeat(40));
});

test('bytes with another checksum are thrown away, and nothing of them stays', async () => {
  const { ask, files } = await control(['right']);
  await files.save(idOf(0), 'raw', once('wrong'));
  const directory = fresh();
  const cache = new ImageCache({ directory, bytes_max: 1000, ask });
  await rejects(cache.open(idOf(0)), /other bytes/);
  deepEqual(readdirSync(directory), []);
  const away = new ImageCache({ directory, bytes_max: 1000, ask: async () => ({ is: 'lost' }) });
  await rejects(away.open(idOf(0)), /no control plane/);
});

test('without a token of a host nothing is told', async () => {
  const { rooms } = await control(['one']);
  const ask = askOf(rooms, 'bad');
  for (const path of [`/images/${idOf(0)}`, `/images/${idOf(0)}/file`]) {
    const asked = await ask(path);
    ok(asked.is === 'answer');
    equal(asked.response.status, 401);
  }
});

test('a host may write an image that is being made, and no other', async () => {
  const { ask, rows, files } = await control(['one']);
  rows.set(idOf(5), { id: idOf(5), status: 'queued', disk_format: null, properties: {} });
  const source = remoteImages({ ask, directory: fresh(), bytes_max: 1000 });
  const saved = await source.save(idOf(5), 'raw', once('what a guest has'));
  ok(saved.is === 'done' && saved.value.size_bytes === 16, JSON.stringify(saved));
  equal(String(await all(await contentOf(files, 5))), 'what a guest has');
  equal((await source.save(idOf(0), 'raw', once('overwritten'))).is, 'no');
  await source.remove(idOf(0));
  equal(String(await all(await contentOf(files, 0))), 'one');
  const wrong = await source.save(idOf(5), 'qcow2', once('no qcow2'));
  ok(wrong.is === 'no' && wrong.why.why === 'bad-format');
  await source.remove(idOf(5));
  equal(await contentOf(files, 5), null);
});

const contentOf = (files: ImageFiles, n: number) => files.open(idOf(n));

test('how to boot is what the owner stated', async () => {
  const { ask } = await control(['one']);
  const source = remoteImages({ ask, directory: fresh(), bytes_max: 1000 });
  const found = await source.find(idOf(0));
  ok(found.is === 'done' && found.value.disk_format === 'raw' && found.value.kernel_id === null);
  equal((await source.find(idOf(9))).is, 'no');
  const row = { id: 'i', status: 'active', properties: { kernel_id: 'k' } } as const;
  const boots = bootImageOf({ ...row, disk_format: 'qcow2' });
  ok(boots.is === 'done' && boots.value.kernel_id === 'k');
  for (const disk_format of ['vmdk', 'iso', null])
    equal(bootImageOf({ ...row, disk_format }).is, 'no');
  equal(bootImageOf({ ...row, status: 'saving', disk_format: 'raw' }).is, 'no');
});
