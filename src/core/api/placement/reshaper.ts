/**
 * POST /reshaper: inventories and the allocations on them move from provider to provider at once,
 * from 1.30 on.
 *
 *   before:  root: 8 VCPU, 4 held          after:  root: nothing
 *                                                  child: 8 VCPU, 4 held
 */

import { present } from '../../base/units.ts';
import type { Books } from '../../ledger/books.ts';
import type { Claim } from '../../ledger/claim.ts';
import { type Report, type ReshapeRefusal, reshape } from '../../ledger/reshape.ts';
import { Reshape } from './allocation-bodies.ts';
import { claimOf, firstStale, refusedClaim } from './allocation-claims.ts';
import { NO_CONTENT } from './answers.ts';
import { conflict, type Fault, fault } from './fault.ts';
import { notSet } from './inventories.ts';
import { readInventories } from './inventory-rules.ts';
import { endpoint, write } from './route.ts';

const post = endpoint({
  method: 'POST',
  path: '/reshaper',
  since: 30,
  rule: 'placement:reshaper:reshape',
  body: Reshape,
  handle: (ask) =>
    write(ask, (draft) => {
      const { books } = draft;
      const asked = Object.entries(ask.body.inventories);
      for (const [uuid, report] of asked) {
        const provider = books.provider(uuid);
        if (provider === undefined) return unknownProvider(uuid);
        const { generation } = provider;
        const given = report.resource_provider_generation;
        if (given !== generation) return staleProvider(uuid, generation, given);
      }
      const stale = firstStale(books, ask.body.allocations);
      if (stale !== null) return stale;
      const reports: Report[] = [];
      for (const [uuid, report] of asked) {
        const provider = present(books.provider(uuid), 'a provider just seen');
        const what = `Unable to reshape resource provider ${uuid}`;
        const read = readInventories(books, provider, report.inventories, ask.minor, what);
        if (read.is === 'no') return read.why;
        reports.push({ provider_id: provider.id, inventories: read.value });
      }
      const claims: Claim[] = [];
      for (const [consumer, body] of Object.entries(ask.body.allocations)) {
        const claim = claimOf(ask, books, consumer, body);
        if (claim.is === 'no') return claim.why;
        claims.push(claim.value);
      }
      const moved = reshape(draft, reports, claims);
      return moved.is === 'no' ? words(books, moved.why) : NO_CONTENT;
    }),
});

const unknownProvider = (uuid: string): Fault =>
  fault(
    400,
    `Resource provider ${uuid} in the inventories cannot be found.`,
    'placement.resource_provider.not_found',
  );

const staleProvider = (uuid: string, actual: number, given: number): Fault =>
  conflict(
    `resource provider generation conflict for provider ${uuid}: ` +
      `actual: ${actual}, given: ${given}`,
  );

function words(books: Books, refusal: ReshapeRefusal): Fault {
  switch (refusal.why) {
    case 'provider-generation':
    case 'inventory-in-use':
      return notSet(books, refusal, 'update conflict: ');
    default:
      return refusedClaim(books, refusal);
  }
}

export const reshaperRoutes = [post];
