/**
 * Images by way of compute, as clients of before 2.36 ask for them: the same rows and the same
 * rights as below /image, in the old shape.
 *
 *   ?name=&status=ACTIVE&server=ID or URL&type=snapshot&changes-since=&minRam=&minDisk=
 */
import { type Decision, done } from '../../ports/reply.ts';
import { type ImageRow, images } from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { findImage, maySee, removeImage } from '../image/images.ts';
import { lastOf, type Query } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { momentOf } from '../times.ts';
import { answered } from './faults.ts';
import { briefImage, fullImage, imageStatus, snapshotOf } from './image-view.ts';
import { pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

/** The last microversion with these routes. */
const LAST = 35;

type Test = (row: ImageRow) => boolean;

/** e.g. the id itself, or http://h/compute/v2.1/servers/ID */
const idIn = (text: string): string => text.slice(text.lastIndexOf('/') + 1);

const filters: Readonly<Record<string, (value: string) => Test>> = {
  name: (value) => (row) => row.name === value,
  status: (value) => (row) => imageStatus(row) === value.toUpperCase(),
  server: (value) => (row) => snapshotOf(row) === idIn(value),
  type: (value) => (row) => (row.properties['image_type'] ?? 'base') === value,
  minRam: (value) => (row) => row.min_ram_mib >= Number(value),
  minDisk: (value) => (row) => row.min_disk_gib >= Number(value),
};

function testOf(query: Query): Decision<Test, Refused> {
  const tests = Object.entries(filters).flatMap(([name, make]) => {
    const value = lastOf(query, name);
    return value === undefined ? [] : [make(value)];
  });
  const since = lastOf(query, 'changes-since');
  const since_ms = since === undefined ? 0 : momentOf(since);
  if (since_ms === null) return refuse(400, `Invalid time: ${since}`);
  return done((row) => row.updated_at_ms >= since_ms && tests.every((test) => test(row)));
}

const list =
  (view: (ask: Ask, row: ImageRow) => unknown) =>
  async (ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    const test = testOf(ask.query);
    if (test.is === 'no') return answered(test, () => json(200, null));
    const rows = await ledger.read((shelves) => [...shelves.rows(images).values()]);
    const found = rows
      .filter((row) => maySee(row, ask.caller) && test.value(row))
      .toSorted((a, b) => b.created_at_ms - a.created_at_ms);
    return answered(
      pageOf(ask, found, ({ id }) => id),
      (page) => {
        const items = page.items.map((row) => view(ask, row));
        return json(200, pageView('images', items, page));
      },
    );
  };

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => findImage(view, ask.params['id'], ask.caller));
  return answered(found, (row) => json(200, { image: fullImage(ask, row) }));
}

async function remove(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const reply = await removeImage(rooms, ask.params['id'], ask.caller);
  return answered(reply, () => ({ status: 204 }));
}

export const imageRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/images', who: 'reader', to: LAST, handle: list(briefImage) },
  { method: 'GET', path: '/images/detail', who: 'reader', to: LAST, handle: list(fullImage) },
  { method: 'GET', path: '/images/:id', who: 'reader', to: LAST, handle: show },
  { method: 'DELETE', path: '/images/:id', who: 'member', to: LAST, handle: remove },
];
