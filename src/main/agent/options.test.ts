/**
 * Goal: an agent runs guests as its operator says, and tries it out where nobody says.
 * Method: options by flag and by variable. Mutant that died: `auto` passed on as if it were one.
 */
import { equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { agentOptions } from './options.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-options-'));
after(() => rmSync(directory, { recursive: true }));
const tokens = join(directory, 'tokens');
writeFileSync(tokens, 'h1 Zm9vYmFyLWZvb2Jhci1mb29iYXI\n', { mode: 0o600 });

function accelOf(variables: Readonly<Record<string, string>>): string | null {
  const read = agentOptions([], { PLIMSOLL_AGENT__TOKENS: tokens, ...variables });
  ok(read.is === 'done', JSON.stringify(read));
  return read.value.accel;
}

test('how guests are run is said, or else tried', () => {
  equal(accelOf({}), null);
  equal(accelOf({ PLIMSOLL_AGENT__ACCEL: 'auto' }), null);
  equal(accelOf({ PLIMSOLL_AGENT__ACCEL: 'tcg' }), 'tcg');
  equal(accelOf({ PLIMSOLL_AGENT__ACCEL: 'kvm' }), 'kvm');
});
