/**
 * The health of hosts, by the builds that failed there: forgotten with time, and not held against a
 * host where the image is to blame.
 *
 *   image x   fails on a        on b, too      on c: it is the image      boots on d: it was them
 *             a counts          a, b count     none of them counts        all of them count
 *
 *   H1  an image that failed on IMAGE_BAD_ON_HOSTS hosts and was seen to boot on none since counts
 *       against no host; any other failure counts;
 *   H2  a host that boots an image has not failed with it;
 *   H3  failures are halved every HALF_LIFE_MS, and forgotten after HALVINGS_KEPT times. That is an
 *       event: a row changes, and with it the rankings, so that no decision reads a clock.
 */
import { keyOf } from '../base/table.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { type Decision, done } from '../ports/reply.ts';
import { type BuildFailureRow, buildFailures } from './health-rows.ts';
import { hosts } from './rows.ts';

const IMAGE_BAD_ON_HOSTS = 3;
export const HALF_LIFE_MS = 10 * 60_000;
export const HALVINGS_KEPT = 6;
const FAILURES_MAX = 64;

export function noteBuildFailed(draft: Draft, host: string, image_id: string | null): void {
  const known = draft.rows(hosts).get(host);
  if (known === undefined) return;
  const image = image_id ?? '';
  const others = draft.rows(buildFailures).by('image', image);
  const before = draft.rows(buildFailures).get(keyOf(host, image));
  const left = before === undefined ? 0 : before.failures >> before.halvings;
  draft.put(buildFailures, {
    host,
    image,
    provider_id: known.provider_id,
    failures: Math.min(left + 1, FAILURES_MAX),
    halvings: 0,
    failed_at_ms: draft.now_ms,
    image_boots: others.some(({ image_boots }) => image_boots),
    counts: true,
  });
  judge(draft, image);
}

export function noteBuilt(draft: Draft, host: string, image_id: string | null): void {
  for (const row of draft.rows(buildFailures).by('image', image_id ?? '')) {
    if (row.host === host) draft.remove(buildFailures, row);
    else if (!row.image_boots) draft.put(buildFailures, { ...row, image_boots: true });
  }
  judge(draft, image_id ?? '');
}

/** H1 */
function judge(draft: Draft, image: string): void {
  const all = draft.rows(buildFailures).by('image', image);
  const boots = all.some(({ image_boots }) => image_boots);
  const counts = boots || image === '' || all.length < IMAGE_BAD_ON_HOSTS;
  for (const row of all) if (row.counts !== counts) draft.put(buildFailures, { ...row, counts });
}

/** Whether some failures are to be halved now (H3). */
export const isDecayDue = (view: View, now_ms: number): boolean =>
  [...view.rows(buildFailures).values()].some((row) => halvingsAt(row, now_ms) > row.halvings);

export function decayFailures(draft: Draft): Decision<void, never> {
  for (const row of [...draft.rows(buildFailures).values()]) {
    const halvings = halvingsAt(row, draft.now_ms);
    if (halvings >= HALVINGS_KEPT) draft.remove(buildFailures, row);
    else if (halvings > row.halvings) draft.put(buildFailures, { ...row, halvings });
  }
  return done(undefined);
}

const halvingsAt = ({ failed_at_ms }: BuildFailureRow, now_ms: number): number =>
  Math.floor(Math.max(0, now_ms - failed_at_ms) / HALF_LIFE_MS);
