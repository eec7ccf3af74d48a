/**
 * Server actions that make an image of a server. sagas/image-server.ts
 *
 *   createImage {name, metadata}                           202   where the image is: `location`,
 *   createBackup {name, backup_type, rotation, metadata}   202   from 2.45 on `image_id`
 */
import { Type } from 'typebox';
import type { ImageWish } from '../../sagas/operations.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { fault, operated } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { runHeaders } from './servers.ts';
import { count, countOf, Metadata, Name } from './shapes.ts';

type Act = ComputeRoute['handle'];

const Image = bodyOf(
  strict({ createImage: strict({ name: Name, metadata: Type.Optional(Metadata) }) }),
);
const Backup = bodyOf(
  strict({
    createBackup: strict({
      name: Name,
      backup_type: Type.String({ maxLength: 255 }),
      rotation: count(0),
      metadata: Type.Optional(Metadata),
    }),
  }),
);

const createImage: Act = (ask, rooms) => {
  const body = Image(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name, metadata = {} } = body.value.createImage;
  return create(ask, rooms, { name, metadata, backup: null });
};

const createBackup: Act = (ask, rooms) => {
  const body = Backup(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name, metadata = {}, backup_type: type, rotation } = body.value.createBackup;
  return create(ask, rooms, { name, metadata, backup: { type, rotation: countOf(rotation) } });
};

async function create(
  ask: Ask,
  { operations }: ComputeRooms,
  wish: Omit<ImageWish, 'project_id' | 'user_id'>,
): Promise<HttpResponse> {
  const { project_id, user_id } = ask.caller;
  if (project_id === null) return fault(403, 'An image needs a project: scope the token.');
  const { id = '' } = ask.params;
  const reply = await operations.createImage(id, { ...wish, project_id, user_id });
  return operated(reply, id, ({ image_id, run_id }) => {
    const location = `${ask.request.origin}/image/images/${image_id}`;
    // What is rotated out at once is nowhere.
    const headers = { ...runHeaders(run_id), ...(wish.backup?.rotation !== 0 && { location }) };
    return ask.version >= 45 ? json(202, { image_id }, headers) : { status: 202, headers };
  });
}

export const imageActions: Readonly<Record<string, Act>> = { createImage, createBackup };
