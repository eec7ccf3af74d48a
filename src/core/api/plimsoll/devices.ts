/** POST /hosts/:name/devices/cleaned: whoever cleans devices says that one is clean. */
import { Type } from 'typebox';
import { type CleanRefusal, cleanDevice } from '../../fleet/devices.ts';
import { hosts } from '../../fleet/rows.ts';
import type { Draft } from '../../ledger/draft.ts';
import { type Decision, no } from '../../ports/reply.ts';
import { strict } from '../body.ts';
import { type Answered, found, missing, own, refused, written } from './route.ts';

export const postCleaned = own({
  method: 'POST',
  path: '/hosts/:name/devices/cleaned',
  summary: 'Says that a device that was used once is clean: it may be had again',
  audience: 'operator',
  query: Type.Object({}),
  body: strict({ device: Type.String({ minLength: 1, maxLength: 256 }) }),
  reply: Type.Object({ device: Type.String() }),
  refusals: { 409: 'it does not wait to be cleaned' },
  handle: async ({ params: { name = '' }, body: { device } }, { ledger }) =>
    written(
      await ledger.submit((draft) => clean(draft, name, device)),
      () => found({ device }),
      (refusal) => refusedClean(refusal, name, device),
    ),
});

type Refusal = CleanRefusal | { readonly why: 'unknown-host' };

function clean(draft: Draft, name: string, device: string): Decision<void, Refusal> {
  const host = draft.rows(hosts).get(name);
  return host === undefined
    ? no({ why: 'unknown-host' })
    : cleanDevice(draft, host.provider_id, device);
}

function refusedClean({ why }: Refusal, name: string, device: string): Answered {
  if (why === 'unknown-host') return missing(`host ${name}`);
  if (why === 'unknown-device') return missing(`device ${device} of ${name}`);
  return refused(409, 'not-cleaning', `device ${device} of ${name} does not wait to be cleaned`);
}
