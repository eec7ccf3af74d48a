/** How far the memory of a guest that is moved has come, in the words of our own API. */
import { type Static, Type } from 'typebox';
import type { RunRow, RunStepRow } from '../../conductor/rows.ts';
import type { Deadline, Transfer as Seen } from '../../ports/order.ts';

const strict = { additionalProperties: false };
const nullable = <S extends Parameters<typeof Type.Array>[0]>(schema: S) =>
  Type.Union([schema, Type.Null()]);

export const AtDeadline = Type.Union(
  [Type.Literal('abort'), Type.Literal('pause'), Type.Literal('post-copy')],
  {
    description:
      'abort: it stays where it is; pause: it stands still until the rest is over; post-copy: it ' +
      'goes on there and fetches the rest, and is lost if either host goes down meanwhile',
  },
);

/** A live migration's, as it was asked for. */
export const DeadlineOf = nullable(
  Type.Object(
    {
      after_s: Type.Number({ description: 'from the beginning of the transfer' }),
      action: AtDeadline,
    },
    strict,
  ),
);

export const Transfer = Type.Object(
  {
    passes: Type.Integer({ description: 'how often the memory was gone over' }),
    sent_mib: Type.Number(),
    remaining_mib: Type.Number({ description: 'what this pass has to send still' }),
    dirty_mib_per_s: Type.Number({ description: 'what the guest writes meanwhile' }),
    left_ms: nullable(
      Type.Number({ description: 'an estimate; null: it does not converge, or nobody can tell' }),
    ),
    post_copy: Type.Boolean({ description: 'it runs there already: there is no way back' }),
    until_ms: nullable(Type.Integer({ description: 'its deadline; null: none, or it is past' })),
  },
  strict,
);

/** Null: it was not asked for with one. */
export function deadlineIn({ input }: RunRow): Static<typeof DeadlineOf> {
  const deadline = input['deadline'] as Deadline | undefined;
  if (deadline === undefined) return null;
  return { after_s: deadline.after_ms / 1000, action: deadline.action };
}

/** Whether there is a host that could tell how far it is. */
export const isSending = (line: RunStepRow): boolean =>
  line.name === 'switchover' && line.state === 'started';

export function transferOf(
  { left_ms = null, deadline = null, post_copy, ...seen }: Seen,
  now_ms: number,
): Static<typeof Transfer> {
  const { passes, sent_mib, remaining_mib, dirty_mib_per_s } = seen;
  const until_ms = deadline === null ? null : now_ms + deadline.in_ms;
  return {
    passes,
    sent_mib,
    remaining_mib,
    dirty_mib_per_s,
    left_ms,
    post_copy: post_copy === true,
    until_ms,
  };
}
