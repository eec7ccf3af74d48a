/**
 * What comes back from another machine, or from the store.
 *
 * Three cases, not two. `lost` is the one that loses virtual machines: the request may or may not
 * have been carried out, so the caller asks again under the same key, or finds out; never assumes.
 */
export type Reply<T, No = string> =
  | { readonly is: 'done'; readonly value: T }
  | { readonly is: 'no'; readonly why: No } //   the other side answered, and changed nothing
  | { readonly is: 'lost' }; //                  no answer: it may have happened

/** What a decision that is made here and now comes to: it cannot be lost. */
export type Decision<T, No = string> = Exclude<Reply<T, No>, { is: 'lost' }>;

export const done = <T>(value: T): { readonly is: 'done'; readonly value: T } => ({
  is: 'done',
  value,
});
export const no = <No>(why: No): { readonly is: 'no'; readonly why: No } => ({ is: 'no', why });
export const lost: { readonly is: 'lost' } = { is: 'lost' };
