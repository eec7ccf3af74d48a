/** Every saga that this program can carry on: the conductor is handed this list. */
import type { Saga } from '../conductor/saga.ts';
import { confirmResize } from './confirm-resize.ts';
import { createServer } from './create-server.ts';
import { deleteServer } from './delete-server.ts';
import { evacuateServer } from './evacuate-server.ts';
import { imageServer } from './image-server.ts';
import { liveMigrate } from './live-migrate.ts';
import { offloadSagas } from './offload-server.ts';
import { powerSagas } from './power-server.ts';
import { refitSagas } from './refit-server.ts';
import { coldMigrate, resizeServer } from './resize-server.ts';
import { revertResize } from './revert-resize.ts';
import { shelveServer } from './shelve-server.ts';
import { softDeleteServer } from './soft-delete-server.ts';
import { unshelveHere, unshelveServer } from './unshelve-server.ts';
import type { World } from './world.ts';

export const allSagas: readonly Saga<World>[] = [
  createServer,
  liveMigrate,
  deleteServer,
  evacuateServer,
  shelveServer,
  ...offloadSagas,
  unshelveHere,
  unshelveServer,
  resizeServer,
  coldMigrate,
  confirmResize,
  revertResize,
  ...powerSagas,
  ...refitSagas,
  imageServer,
  softDeleteServer,
];
