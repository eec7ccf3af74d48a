/** What is to be seen of a simulated guest: a pattern of its UUID; dark while it stands still. */
import { base64Of, pngOf } from '../core/base/png.ts';
import type { Resident } from './machine.ts';

const CELLS = 8;
const CELL_PIXELS = 6;
const SIDE = CELLS * CELL_PIXELS;

export function screenOf({ spec, power }: Resident): string {
  const digits = [...spec.uuid.replaceAll('-', '')].map((digit) => Number.parseInt(digit, 16) || 0);
  const light = power === 'running' ? 1 : 0.4;
  const colour = [0, 1, 2].map((at) => light * (80 + 11 * (digits[at] ?? 0)));
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
    const x = Math.floor((pixel % SIDE) / CELL_PIXELS);
    const y = Math.floor(pixel / SIDE / CELL_PIXELS);
    if (isSet(digits, x, y)) rgb.set(colour, pixel * 3);
  }
  return base64Of(pngOf({ width: SIDE, height: SIDE, rgb }));
}

/** A digit a row, whose four bits are mirrored. */
function isSet(digits: readonly number[], x: number, y: number): boolean {
  const bit = Math.min(x, CELLS - 1 - x);
  return (((digits[3 + y] ?? 0) >> bit) & 1) === 1;
}
