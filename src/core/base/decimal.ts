/**
 * Exact decimals: a ratio such as 1.1 is eleven tenths, not the nearest binary fraction to it.
 *
 * Ratios reach us as JSON numbers. The shortest text that reads back as the same number is what
 * the sender wrote, so that text is taken at its word and all arithmetic on it is in integers.
 */

/** `digits / 10^places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/** The decimal that `value` was written as; e.g. 1.5 → 15/10, 1e-7 → 1/10^7, 2e3 → 2000. */
export function decimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/**
 * ⌊count × ratio⌋, exactly; at most 2^53 − 1, where sums of claims stop being exact.
 *
 * e.g. 100 × 1.15 = 115, where binary floating point says 114.99999999999999.
 */
export function timesRatio(count: number, ratio: number): number {
  if (Number.isInteger(ratio) && Number.isSafeInteger(count * ratio)) {
    return count * ratio + 0; // never −0
  }
  const { digits, places } = decimal(ratio);
  const product = BigInt(count) * digits;
  const unit = 10n ** BigInt(places);
  const floor = product >= 0n ? product / unit : -((-product + unit - 1n) / unit);
  return floor > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(floor);
}
