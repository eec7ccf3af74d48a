/** GET /servers/:uuid/why-not/:name: whether a host would take a server, filter by filter. */
import { Type } from 'typebox';
import { hosts } from '../../fleet/rows.ts';
import { done } from '../../ports/reply.ts';
import { whyNot } from '../../scheduler/why-not.ts';
import { servers } from '../../servers/rows.ts';
import { type Answered, found, missing, own, refused, written } from './route.ts';
import { WhyNot } from './why-not-schemas.ts';

const anywhere = { ignore_hosts: [], only_hosts: null };

export const showWhyNot = own({
  method: 'GET',
  path: '/servers/:uuid/why-not/:name',
  summary: 'Why a host would not take a server: each filter, NUMA cells, repairs; changes nothing',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ why_not: WhyNot }),
  refusals: { 409: 'no host could be looked at for it: what it asks for contradicts itself' },
  handle: async ({ params: { uuid = '', name = '' } }, { ledger, scheduler }) => {
    // Decided on a draft, since it lets go of what the server holds; then taken back.
    const reply = await ledger.submit((draft) => {
      const server = draft.rows(servers).get(uuid);
      const host = draft.rows(hosts).get(name);
      if (server === undefined) return done(missing(`server ${uuid}`));
      if (host === undefined) return done(missing(`host ${name}`));
      const ask = scheduler.askFor(draft, server, anywhere);
      if (ask.is === 'no') return done(refused(409, 'contradiction', ask.why));
      const askFor = scheduler.askFor.bind(scheduler);
      const why_not = whyNot(draft, server, ask.value, host.provider_id, askFor);
      return done(found({ why_not: { server_uuid: uuid, ...why_not } }));
    });
    return written(reply, (answer: Answered) => answer, never);
  },
});

/** The request refuses nothing of its own. */
const never = (refusal: never): Answered => refusal;
