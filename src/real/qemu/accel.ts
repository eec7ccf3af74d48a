/**
 * How guests are run: by the processor itself (`kvm`), or emulated (`tcg`).
 *
 * A /dev/kvm that opens proves nothing: there are machines on which it runs guests slower than
 * emulation does. A processor without vmx and svm is one of these, and is not asked further; on any
 * other it is tried: a guest of ten instructions counts, and ends QEMU with a code of its own. One
 * that does not get there in time does not truly work.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QEMU, runTool } from './process.ts';

export type Accel = 'kvm' | 'tcg';

/** 20 million rounds: some 10 ms on a processor; 20 s where each instruction is interpreted. */
const ROUNDS = 20_000_000;
const TRIED_WITHIN_MS = 3_000;
const FIRMWARE_BYTES = 64 * 1024;
/** The guest writes 0x10; QEMU's exit device doubles it and adds one. */
const EXIT_CODE = 33;

/** `cpuinfo`: what the kernel says of the processor. */
export async function pickAccel(cpuinfo = '/proc/cpuinfo'): Promise<Accel> {
  const worthATry = existsSync('/dev/kvm') && (await canNest(cpuinfo));
  return worthATry && (await truly('kvm')) ? 'kvm' : 'tcg';
}

async function canNest(cpuinfo: string): Promise<boolean> {
  const said = await readFile(cpuinfo, 'utf8').catch(() => '');
  return /^flags\s*:.*\b(vmx|svm)\b/m.test(said);
}

/** Whether a guest gets somewhere with it, in time. */
export async function truly(accel: string, within_ms = TRIED_WITHIN_MS): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-try-'));
  try {
    const firmware = join(directory, 'firmware');
    await writeFile(firmware, counter(ROUNDS));
    const tried = await runTool(QEMU, guestOf(accel, firmware), within_ms);
    return tried.is === 'done' && tried.value.code === EXIT_CODE;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const guestOf = (accel: string, firmware: string): string[] => [
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-m', '16'],
  ...['-machine', 'pc', '-accel', accel, '-bios', firmware],
  ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
];

/** Firmware whose first instruction, 16 bytes before its end, jumps to the counting. */
function counter(rounds: number): Uint8Array {
  const firmware = Buffer.alloc(FIRMWARE_BYTES, 0xf4); // hlt
  const code = [
    ...[0x66, 0xb9, 0, 0, 0, 0], //  mov ecx, rounds
    ...[0x66, 0x49], //              dec ecx
    ...[0x75, 0xfc], //              jnz back to it
    ...[0xb0, 0x10, 0xe6, 0xf4], //  out 0xf4, 0x10
  ];
  firmware.set(code, 0);
  firmware.writeUInt32LE(rounds, 2);
  firmware.set([0xea, 0x00, 0x00, 0x00, 0xf0], FIRMWARE_BYTES - 16); // jmp f000:0000
  return firmware;
}
