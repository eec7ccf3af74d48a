/** How far a guest that is moved has come, as people read it: on a terminal and in the console. */
import type { Static } from 'typebox';
import type { Operation } from './schemas.ts';

type OperationView = Static<typeof Operation>;
type Seen = NonNullable<OperationView['transfer']>;
type Deadline = NonNullable<OperationView['deadline']>;

/** e.g. "pass 3, 812 MiB sent, 40 MiB left of it, 25 MiB/s written, about 1 s to go" */
export function transferInWords(seen: Seen): string {
  const { passes, sent_mib, remaining_mib, dirty_mib_per_s } = seen;
  if (seen.post_copy) {
    return `it runs there already, and fetches ${Math.round(remaining_mib)} MiB, ${leftInWords(seen)}`;
  }
  return [
    `pass ${passes + 1}`,
    `${Math.round(sent_mib)} MiB sent`,
    `${Math.round(remaining_mib)} MiB left of it`,
    `${Math.round(dirty_mib_per_s)} MiB/s written`,
    leftInWords(seen),
  ].join(', ');
}

function leftInWords({ left_ms, passes }: Seen): string {
  if (left_ms !== null) return `about ${secondsInWords(left_ms / 1000)} to go`;
  return passes === 0 ? 'no estimate yet' : 'no end in sight';
}

const acts: Readonly<Record<Deadline['action'], string>> = {
  abort: 'it stays where it is then',
  pause: 'it stands still for the rest then',
  'post-copy': 'it goes on over there then, and fetches the rest',
};

/** e.g. "60 s from its beginning: it stays where it is then" */
export const deadlineInWords = ({ after_s, action }: Deadline): string =>
  `${secondsInWords(after_s)} from its beginning: ${acts[action]}`;

/** e.g. 90 → "90 s", 4000 → "67 min" */
const secondsInWords = (span_s: number): string =>
  span_s < 600 ? `${Math.ceil(span_s)} s` : `${Math.round(span_s / 60)} min`;
