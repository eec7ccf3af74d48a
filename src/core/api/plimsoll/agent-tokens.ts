/** POST /hosts/:name/token: a token with which the agent of that host may dial in. */
import { Type } from 'typebox';
import { issueToken } from '../../fleet/agent-tokens.ts';
import { done } from '../../ports/reply.ts';
import { found, own, refused, written } from './route.ts';

const TOKEN_BYTES = 32;
const HOST = /^[a-zA-Z0-9._-]{1,255}$/;

export const postAgentToken = own({
  method: 'POST',
  path: '/hosts/:name/token',
  summary: 'A new token for the agent of a host, told this once; the one before ends',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ host: Type.String(), token: Type.String() }),
  handle: async ({ params: { name = '' } }, { ledger, entropy, digests }) => {
    if (!HOST.test(name)) {
      return refused(400, 'bad-name', `${name} is no name of a host: letters, digits, . _ -`);
    }
    const token = entropy.secret(TOKEN_BYTES);
    const digest = digests.digest(token);
    const reply = await ledger.submit((draft) => done(issueToken(draft, name, digest)));
    return written(
      reply,
      ({ host }) => found({ host, token }),
      (refusal: never) => refusal,
    );
  },
});
