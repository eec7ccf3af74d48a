/**
 * Post-copy: the guest runs over there before all of its memory is, and what it touches is fetched.
 *
 *   source       stands still ─► state sent ─► arrive ─► serves its memory ─► all sent ─► gone
 *   destination                                  └► runs ─► fetches, and is given the rest
 *
 * From `arrive` on there is no way back: half of the guest's memory is here, half of it there. A
 * wire that is cut stops it where it touches what has not come; the source goes on sending as soon
 * as it gets through (`recover`). A source that is gone takes the rest with it: after a while
 * without it (`gives_up_after_ms`) the destination ends the guest, which then has crashed there,
 * with its disk as it was. Before `arrive` nothing of it runs there: who is refused goes on here,
 * unless the destination's QEMU went down in that instant. QEMU cannot go back then, and the guest
 * has crashed here.
 *
 * It needs userfaultfd at the destination, which not every kernel gives to everybody: QEMU is asked
 * (`offerPostCopy`), and what it says is said on.
 */
import { setCapabilities } from './capabilities.ts';
import type { Sending } from './departure.ts';
import { knock } from './door.ts';
import { freePlace, type Place, uriOf } from './places.ts';
import type { ProcessGuest, ProcessWays } from './process-guest.ts';
import type { Qmp } from './qmp.ts';
import type { PostCopy } from './resident.ts';
import { pause } from './waiting.ts';

export type PostCopyOffer =
  | { readonly is: 'possible' }
  /** In QEMU's words. */
  | { readonly is: 'impossible'; readonly why: string };

export const SWITCHED = 'postcopy-active';
const CUT = 'postcopy-paused';
const SILENT = 'no answer';
const CUT_OFF = [CUT, 'postcopy-recover', SILENT];
const LOOKED_AT_EVERY_MS = 100;
const WATCHED_EVERY_MS = 1_000;
const RECOVERY_SOCKET = 'recovery';

const isUnderWay = (status: string): boolean => status === SWITCHED || CUT_OFF.includes(status);

/** `none`: nothing was ever moved; `gone`: nobody says. */
export async function migrationOf(qmp: Qmp | null): Promise<string> {
  const said = await qmp?.ask<{ status?: string }>('query-migrate');
  return said?.is === 'done' ? (said.value.status ?? 'none') : 'gone';
}

/** On the destination, before anything comes: whether its kernel allows it. */
export async function offerPostCopy(qmp: Pick<Qmp, 'ask'>): Promise<PostCopyOffer> {
  const set = await setCapabilities(qmp, ['events', 'postcopy-ram']);
  if (set.is === 'done') return { is: 'possible' };
  await setCapabilities(qmp, ['events']);
  return { is: 'impossible', why: set.is === 'no' ? set.why : 'its QEMU does not answer' };
}

/** Null: it is possible. */
export function whyNoPostCopy(offer: PostCopyOffer | undefined): string | null {
  if (offer?.is === 'possible') return null;
  const why = offer?.why ?? 'its host is of an earlier version';
  return `it cannot go on there before all of its memory has come: ${why}`;
}

export const postCopyOf = (guest: ProcessGuest, ways: ProcessWays): PostCopy => ({
  switchOver: (sending) => switchOver(guest, sending),
  sendRest: (address, isOver) => sendRest(guest, address, isOver),
  getOn: async (address) => reconnect(await guest.monitor(), address),
  isFetching: () => isFetching(guest),
  awaitRest: () => awaitRest(guest, ways.listen),
  watchRest: (isOver) => watchRest(guest, ways.gives_up_after_ms, isOver),
});

// ── the source ───────────────────────────────────────────────────────────────────────────────────

async function switchOver(guest: ProcessGuest, sending: Sending): Promise<void> {
  sending.post_copy = true;
  const qmp = await guest.monitor();
  if (sending.flows) await qmp?.ask('migrate-start-postcopy');
}

async function sendRest(
  guest: ProcessGuest,
  address: string,
  isOver: () => boolean,
): Promise<boolean> {
  while (!isOver()) {
    const qmp = await guest.monitor();
    const status = await migrationOf(qmp);
    if (status === 'completed') return true;
    if (!isUnderWay(status)) return false;
    await reconnect(qmp, address);
    await pause(status === CUT ? WATCHED_EVERY_MS : LOOKED_AT_EVERY_MS);
  }
  return false;
}

/** Tries once, if the wire was cut; what comes of it the next look tells. */
async function reconnect(qmp: Qmp | null, address: string): Promise<void> {
  if ((await migrationOf(qmp)) !== CUT) return;
  const said = await knock(address, 'recover');
  if (said?.at !== undefined) await qmp?.ask('migrate', { uri: uriOf(said.at), resume: true });
}

// ── the destination ──────────────────────────────────────────────────────────────────────────────

const isFetching = async (guest: ProcessGuest): Promise<boolean> =>
  guest.record.fetches === true && isUnderWay(await restOf(guest));

/** A QEMU that touches what has not come may not even answer: that is as good as cut off. */
async function restOf(guest: ProcessGuest): Promise<string> {
  const status = await migrationOf(await guest.monitor());
  return status === 'gone' && (await guest.alive()) ? SILENT : status;
}

async function awaitRest(guest: ProcessGuest, listen: string | null): Promise<Place | null> {
  const qmp = await guest.monitor();
  // We may not have heard yet that the wire is cut.
  if ((await migrationOf(qmp)) === SWITCHED) await qmp?.ask('migrate-pause');
  if ((await migrationOf(qmp)) !== CUT) return null;
  const place = await freePlace(listen, guest.folder.file(RECOVERY_SOCKET));
  const awaits = await qmp?.ask('migrate-recover', { uri: uriOf(place) });
  return awaits?.is === 'done' ? place : null;
}

async function watchRest(
  guest: ProcessGuest,
  gives_up_after_ms: number,
  isOver: () => boolean,
): Promise<void> {
  for (let cut_ms = 0; !isOver(); ) {
    await pause(WATCHED_EVERY_MS);
    const status = await restOf(guest);
    cut_ms = CUT_OFF.includes(status) ? cut_ms + WATCHED_EVERY_MS : 0;
    const gaveUp = cut_ms >= gives_up_after_ms;
    if (isUnderWay(status) && !gaveUp) continue;
    if (gaveUp) await guest.end();
    delete guest.record.fetches;
    await guest.keep();
    return;
  }
}
