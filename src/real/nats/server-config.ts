/**
 * What `nats-server` has to be told so that nobody speaks for somebody else: a user for each host,
 * known by its public key, who may use its own subjects and answer what it was asked; and one for
 * the control planes. Whoever has no key may not even listen.
 */
import {
  CONTROL,
  helloOf,
  inboxOf,
  orderOf,
  publicKeyOf,
  ROLL,
  seedOfToken,
  toldOf,
} from './names.ts';

const PAYLOAD_BYTES_MAX = 8 * 2 ** 20;
/** How long after an order its answer may come: longer than any order is waited for. */
const ANSWER_WITHIN = '24h';

export interface ServerConfigAbout {
  readonly listen: string;
  readonly hosts: readonly { readonly host: string; readonly token: string }[];
  /** The public key of the control planes. */
  readonly control: string;
}

interface User {
  readonly of: string;
  readonly key: string;
  readonly says: readonly string[];
  readonly hears: readonly string[];
}

export function serverConfig({ listen, hosts, control }: ServerConfigAbout): string {
  const planes: User = {
    of: 'the control planes',
    key: control,
    says: ['plimsoll.order.>', ROLL],
    hears: ['plimsoll.hello.*', 'plimsoll.told.*', `${inboxOf(CONTROL)}.>`],
  };
  const agents = hosts.map(
    ({ host, token }): User => ({
      of: `the agent of ${host}`,
      key: publicKeyOf(seedOfToken(token)),
      says: [helloOf(host), toldOf(host)],
      hears: [orderOf(host, '*'), ROLL, `${inboxOf(host)}.>`],
    }),
  );
  return [
    '# Written by `plimsoll broker config`: make it anew when hosts come or tokens change, and have',
    '# the server read it again (nats-server --signal reload).',
    `listen: "${listen}"`,
    `max_payload: ${PAYLOAD_BYTES_MAX}`,
    'authorization {',
    '  users = [',
    ...[planes, ...agents].map(userOf),
    '  ]',
    '}',
    '',
  ].join('\n');
}

const userOf = ({ of, key, says, hears }: User): string => `    # ${of}
    { nkey: ${key}, permissions: {
        publish: { allow: ${JSON.stringify(says)} },
        subscribe: { allow: ${JSON.stringify(hears)} },
        allow_responses: { max: 1, expires: "${ANSWER_WITHIN}" } } }`;
