/**
 * Goal: the wire inside one process keeps what every wire promises, and leaves no alarm behind.
 * Method: the contract; then an hour's patience, which must not keep the process waiting.
 * Mutants tried: no timeout; recipients not replaced; the incarnation looked up at delivery only
 * (the contract's last promise refuses it on the simulated wire).
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { millis } from '../core/base/units.ts';
import { done } from '../core/ports/reply.ts';
import { wireContract } from '../core/ports/wire.contract.ts';
import { LocalWire } from './local-wire.ts';

for (const [promise, holds] of Object.entries(wireContract)) {
  test(`local wire: ${promise}`, () => {
    const wire = new LocalWire();
    const attach = wire.attach.bind(wire);
    return holds({ wire, attach, detach: wire.detach.bind(wire) });
  });
}

test('an answer in time takes its alarm away', async () => {
  const wire = new LocalWire();
  wire.attach({ host: 'h', incarnation: 1, handle: async () => done({ guests: [] } as never) });
  const reply = await wire.ask('h', { verb: 'list', key: 'k' }, millis(3_600_000));
  equal(reply.is, 'done');
  equal(process.getActiveResourcesInfo().includes('Timeout'), false);
});
