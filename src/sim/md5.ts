/** MD5, for simulated image sums only: the rings below have no crypto. RFC 1321. */

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;
const sines = Array.from({ length: 64 }, (_, at) =>
  Math.floor(Math.abs(Math.sin(at + 1)) * 2 ** 32),
);

export function md5(bytes: Uint8Array): string {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const words = new DataView(padded.buffer);
  words.setUint32(padded.length - 8, bytes.length << 3, true);
  let state: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) state = block(state, words, at);
  return state.map(littleEndian).join('');
}

type Words = readonly [number, number, number, number];

function block(state: Words, words: DataView, from: number): Words {
  let [a, b, c, d] = state;
  for (let round = 0; round < 64; round++) {
    const [mixed, word] = mix(round, b, c, d);
    const sum = (a + mixed + (sines[round] as number) + words.getUint32(from + word * 4, true)) | 0;
    const shift = shifts[(round >> 4) * 4 + (round & 3)] as number;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}

/** What a round mixes in, and the number of the word that it takes. */
function mix(round: number, b: number, c: number, d: number): readonly [number, number] {
  if (round < 16) return [(b & c) | (~b & d), round];
  if (round < 32) return [(d & b) | (~d & c), (5 * round + 1) & 15];
  if (round < 48) return [b ^ c ^ d, (3 * round + 5) & 15];
  return [c ^ (b | ~d), (7 * round) & 15];
}

const littleEndian = (word: number): string =>
  [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('');
