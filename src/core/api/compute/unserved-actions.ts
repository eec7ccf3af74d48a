/**
 * Server actions that the API knows and that nothing here can carry out: each is read and judged as
 * any other, and then refused as by an installation without that service or driver.
 *
 *   addFixedIp removeFixedIp addFloatingIp removeFloatingIp    –2.43   no network service: 400, 404
 *   addSecurityGroup removeSecurityGroup                               no such group: 404
 *   os-getVNCConsole os-getSPICEConsole os-getSerialConsole    –2.5    not available: 400
 */
import { Type } from 'typebox';
import { bodyOf, strict } from '../body.ts';
import { fault } from './faults.ts';
import type { ComputeRoute } from './route.ts';
import { Ipv4, Ipv6 } from './shapes.ts';

type Act = ComputeRoute['handle'];
type Schema = Parameters<typeof bodyOf>[0];

interface Unserved {
  readonly body: Schema;
  readonly status: 400 | 404;
  readonly why: string;
  readonly from?: number;
  readonly to?: number;
}

const refusing = (name: string, { body, status, why, from = 1, to = Infinity }: Unserved): Act => {
  const read = bodyOf(strict({ [name]: body }));
  return ({ version, request }) => {
    if (version < from || version > to) return fault(400, `There is no such action: ${name}`);
    const said = read(request.body);
    return said.is === 'no' ? fault(400, said.why) : fault(status, why);
  };
};

const address = Type.Union([Ipv4, Ipv6]);
const network = Type.Union([Type.String({ minLength: 1, maxLength: 36 }), Type.Number()]);
const group = strict({ name: Type.String({ minLength: 1 }) });
const consoleOf = (...types: readonly string[]) =>
  strict({ type: Type.Union(types.map((type) => Type.Literal(type))) });

const noNetwork = 'There is no network service here.';
const noAddress = 'The server has no such address.';
const noGroup = 'The security group could not be found: there is no network service here.';
const noConsole =
  'Consoles of this type are not available: read the serial one (os-getConsoleOutput).';

const unserved: Readonly<Record<string, Unserved>> = {
  addFixedIp: { body: strict({ networkId: network }), status: 400, why: noNetwork, to: 43 },
  removeFixedIp: { body: strict({ address }), status: 400, why: noAddress, to: 43 },
  addFloatingIp: {
    body: strict({ address, fixed_address: Type.Optional(address) }),
    status: 404,
    why: noNetwork,
    to: 43,
  },
  removeFloatingIp: { body: strict({ address }), status: 404, why: noAddress, to: 43 },
  addSecurityGroup: { body: group, status: 404, why: noGroup },
  removeSecurityGroup: { body: group, status: 404, why: noGroup },
  'os-getVNCConsole': { body: consoleOf('novnc', 'xvpvnc'), status: 400, why: noConsole, to: 5 },
  'os-getSPICEConsole': { body: consoleOf('spice-html5'), status: 400, why: noConsole, to: 5 },
  'os-getSerialConsole': { body: consoleOf('serial'), status: 400, why: noConsole, to: 5 },
};

const gone: Act = () => fault(410, 'The API does not have this action any more.');

export const unservedActions: Readonly<Record<string, Act>> = {
  ...Object.fromEntries(
    Object.entries(unserved).map(([name, about]) => [name, refusing(name, about)]),
  ),
  'os-getRDPConsole': gone,
};
