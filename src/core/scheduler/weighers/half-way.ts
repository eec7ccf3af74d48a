/**
 * Makes a merit, 0 to 1, of an amount that has no most: absolute, and rising all the way.
 *
 *   merit = amount ÷ (amount + half), so `half` of it is worth 0.5; what is below zero is worth 0
 */
export const halfWay = (amount: number, half: number): number =>
  amount <= 0 ? 0 : amount / (amount + half);

/** The same for what may be below zero: nothing is worth 0.5, and much less than nothing 0. */
export const eitherWay = (amount: number, half: number): number =>
  0.5 + 0.5 * (amount / (Math.abs(amount) + half));
