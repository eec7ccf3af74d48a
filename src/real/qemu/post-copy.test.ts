/**
 * Goal: where the destination's kernel does not let it fetch memory, a sentence says so, and
 * nothing is begun. Method: a monitor that refuses as QEMU does without userfaultfd; what a real
 * one allows is tried with real guests in hypervisor.test.ts.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { offerPostCopy, whyNoPostCopy } from './post-copy.ts';

const told = async (answer: Reply<unknown, string>) =>
  whyNoPostCopy(await offerPostCopy({ ask: async () => answer as never }));

const PREFIX = 'it cannot go on there before all of its memory has come: ';

test('what the destination says is said on', async () => {
  equal(await told(done({})), null);
  equal(await told(no('Postcopy is not supported')), `${PREFIX}Postcopy is not supported`);
  equal(await told(lost), `${PREFIX}its QEMU does not answer`);
  equal(whyNoPostCopy(undefined), `${PREFIX}its host is of an earlier version`);
});
