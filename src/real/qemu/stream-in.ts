/** A QEMU that waits for the memory of a guest, and for its disk, at places that it is told. */
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { serveDisk } from './mirror.ts';
import { freePlace, type Place, uriOf } from './places.ts';
import { offerPostCopy, type PostCopyOffer } from './post-copy.ts';
import type { ProcessGuest } from './process-guest.ts';

const MEMORY_SOCKET = 'landing';
const DISK_SOCKET = 'nbd';

/** Where the guest's memory is to be sent, and its disk, if it has one. */
export interface LandingPlaces {
  readonly memory: Place;
  readonly disk: Place | null;
  /** Left out by earlier versions: it is not. */
  readonly post_copy?: PostCopyOffer;
}

export async function prepareLanding(
  guest: ProcessGuest,
  listen: string | null,
): Promise<Decision<void, string>> {
  const started = await guest.launch(true);
  if (started.is === 'no') return started;
  const qmp = started.value;
  const post_copy = await offerPostCopy(qmp);
  const hasDisk = guest.record.outfit?.disk != null;
  const disk = hasDisk ? await freePlace(listen, guest.folder.file(DISK_SOCKET)) : null;
  const served = disk === null ? done(undefined) : await serveDisk(qmp, disk);
  if (served.is !== 'done') return no(served.is === 'no' ? served.why : 'its QEMU is gone');
  const memory = await freePlace(listen, guest.folder.file(MEMORY_SOCKET));
  const listening = await qmp.ask('migrate-incoming', { uri: uriOf(memory) });
  if (listening.is !== 'done')
    return no(listening.is === 'no' ? listening.why : 'its QEMU is gone');
  guest.record.open = { memory, disk, post_copy };
  return guest.keep();
}
