/**
 * Cleans a device by a program of the operator's: it is run with the device's address, and the
 * device is clean if it ends with 0. No shell is between: the address is an argument, no more.
 */
import { execFile } from 'node:child_process';
import type { CleanDevice } from '../core/agent/cleaning.ts';
import { done, no } from '../core/ports/reply.ts';

const WITHIN_MS = 30 * 60_000;
const SAID_CHARACTERS_MAX = 200;

export const cleanBy =
  (program: string): CleanDevice =>
  (address) =>
    new Promise((resolve) => {
      execFile(program, [address], { timeout: WITHIN_MS }, (error, _said, complaint) => {
        if (error === null) return resolve(done(undefined));
        const code = error.killed === true ? 'took too long' : `ended with ${String(error.code)}`;
        const why = complaint.trim().slice(0, SAID_CHARACTERS_MAX);
        resolve(no(`${program} ${code}${why === '' ? '' : `: ${why}`}`));
      });
    });
