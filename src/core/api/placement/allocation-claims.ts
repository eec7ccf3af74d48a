/** Bodies that write allocations, as claims on the ledger; and refused claims, in words. */
import type { Books } from '../../ledger/books.ts';
import type { Amount, Claim, ClaimRefusal } from '../../ledger/claim.ts';
import type { DeviceRefusal } from '../../ledger/device-claims.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import type { ConsumerBody } from './allocation-bodies.ts';
import { repr } from './complaint.ts';
import { conflict, type Fault, fault } from './fault.ts';
import type { Ask } from './route.ts';

export type { ConsumerBody } from './allocation-bodies.ts';

/** What one consumer's part of a body asks for. */
export function claimOf(
  { settings }: Ask,
  books: Books,
  consumer_uuid: string,
  body: ConsumerBody,
): Decision<Claim, Fault> {
  const amounts = amountsOf(books, consumer_uuid, body);
  if (amounts.is === 'no') return amounts;
  const before = books.consumers.get(consumer_uuid)?.row;
  const owner =
    'project_id' in body
      ? { project_id: body.project_id, user_id: body.user_id }
      : { project_id: settings.incomplete_project_id, user_id: settings.incomplete_user_id };
  const seen = 'consumer_generation' in body ? body.consumer_generation : undefined;
  return done({
    consumer_uuid,
    ...owner,
    consumer_type: 'consumer_type' in body ? body.consumer_type : (before?.consumer_type ?? null),
    ...(seen === undefined ? {} : { seen_generation: seen }),
    amounts: amounts.value,
  });
}

type Resources = Readonly<Record<string, number>>;

/** By provider, whichever form the version has. In a list the last word on a provider counts. */
function resourcesOf({ allocations }: ConsumerBody): Iterable<readonly [string, Resources]> {
  if (!Array.isArray(allocations)) {
    return Object.entries(allocations).map(([provider, { resources }]) => [provider, resources]);
  }
  return new Map(
    allocations.map(({ resource_provider, resources }): [string, Resources] => [
      resource_provider.uuid,
      resources,
    ]),
  );
}

function amountsOf(
  books: Books,
  consumer: string,
  body: ConsumerBody,
): Decision<readonly Amount[], Fault> {
  const amounts: Amount[] = [];
  const unknown: string[] = [];
  for (const [uuid, resources] of resourcesOf(body)) {
    const provider = books.provider(uuid);
    if (provider === undefined) return no(missingProvider(uuid));
    for (const [name, amount] of Object.entries(resources)) {
      const row = books.classByName.get(name);
      if (row === undefined) unknown.push(name);
      else amounts.push({ provider_id: provider.id, resource_class_id: row.id, amount });
    }
  }
  const [name] = unknown;
  if (name === undefined) return done(amounts);
  const why = `No such resource class ${name}.`;
  return no(fault(400, `Unable to allocate inventory for consumer ${consumer}: ${why}`));
}

const missingProvider = (uuid: string): Fault =>
  fault(400, `Allocation for resource provider '${uuid}' that does not exist.`);

/** Why a claim was refused, in words that a caller can act on. */
export function refusedClaim(books: Books, refusal: ClaimRefusal): Fault {
  switch (refusal.why) {
    case 'consumer-generation':
      return conflict(`consumer generation conflict for consumer ${refusal.consumer_uuid}`);
    case 'no-inventory':
      return unable(`Inventory for '${names(books, refusal)}' invalid.`);
    case 'units':
      return unable(
        `Unable to create allocation for '${names(books, refusal)}'. ` +
          `The requested amount ${refusal.amount} would violate inventory constraints.`,
      );
    case 'full': {
      const { used, limit, amount } = refusal;
      return unable(
        `Unable to create allocation for '${names(books, refusal)}'. ` +
          'The requested amount would exceed the capacity: ' +
          `${amount} asked, ${used} of ${limit} used.`,
      );
    }
    case 'cell-full':
      return unable(`NUMA cell ${refusal.cell} has ${refusal.free} ${refusal.resource} free.`);
    case 'pages-full':
      return unable(
        `NUMA cell ${refusal.cell} has ${refusal.free} pages of ${refusal.size_kib} KiB free.`,
      );
    case 'pinned':
      return unable(`CPU ${refusal.cpu} is ${refusal.holder === null ? 'not offered' : 'held'}.`);
    case 'device':
      return unable(refusedDevice(refusal));
    case 'group':
      return unable(`The ${refusal.policy} rule of group ${refusal.group_uuid} forbids it.`);
  }
}

const refusedDevice = ({ device, holder }: DeviceRefusal): string => {
  if (device === null) return 'No device of the pool is free.';
  return `Device ${device} is ${holder === null ? 'not offered' : 'held'}.`;
};

const unable = (why: string): Fault => fault(409, `Unable to allocate inventory: ${why}`);

const names = (books: Books, { provider_id, resource_class_id }: Amount): string =>
  `${books.className(resource_class_id)}' on resource provider '${books.row(provider_id).uuid}`;

/** The first consumer that is not as its body saw it: told before anything else that is wrong. */
export function firstStale(
  books: Books,
  bodies: Readonly<Record<string, ConsumerBody>>,
): Fault | null {
  for (const [consumer, body] of Object.entries(bodies)) {
    const given = 'consumer_generation' in body ? body.consumer_generation : undefined;
    const actual = books.consumers.get(consumer)?.row.generation ?? null;
    if (given !== undefined && given !== actual) return staleConsumer(consumer, actual, given);
  }
  return null;
}

const staleConsumer = (consumer: string, actual: number | null, given: number | null): Fault =>
  conflict(
    `consumer generation conflict - expected ${actual} but got ${repr(given)} ` +
      `for consumer ${consumer}`,
  );
