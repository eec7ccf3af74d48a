/**
 * What settings must be to each other. A rule is asked only where each value by itself is right, so
 * that nobody is told the same mistake twice.
 */
import { byNumber } from '../base/order.ts';
import * as plane from './control-plane.ts';
import * as hosts from './hosts.ts';
import type { Process, Setting } from './setting.ts';
import type { Settings } from './settings.ts';

export interface Rule {
  /** One sentence, for people. */
  readonly says: string;
  readonly read_by: readonly Process[];
  readonly about: readonly Setting<unknown>[];
  /** Null: it is kept. */
  readonly broken: (settings: Settings) => string | null;
}

export const rules: readonly Rule[] = [
  {
    says: 'Keystone and no authentication exclude each other.',
    read_by: ['control plane'],
    about: [plane.keystone, plane.noAuth],
    broken: (said) =>
      said.of(plane.keystone) !== null && said.of(plane.noAuth)
        ? `${said.nameOf(plane.keystone)} and ${said.nameOf(plane.noAuth)}: choose one`
        : null,
  },
  {
    says: 'An existing Keystone needs a user and a password.',
    read_by: ['control plane'],
    about: [plane.keystone, plane.noAuth, plane.keystoneUser, plane.keystonePassword],
    broken: withoutLogin,
  },
  {
    says: 'A NATS server and the key for it go together.',
    read_by: ['control plane'],
    about: [plane.nats, plane.natsKey],
    broken: halfABroker,
  },
  {
    says: 'A certificate and its key go together; agents show theirs only over TLS.',
    read_by: ['control plane'],
    about: [plane.tlsCert, plane.tlsKey, plane.agentCa],
    broken: halfOfTls,
  },
  {
    says: 'Other addresses than those of this machine are served with TLS only.',
    read_by: ['control plane'],
    about: [plane.host, plane.tlsCert],
    broken: (said) =>
      plane.isLoopback(said.of(plane.host)) || said.of(plane.tlsCert) !== null
        ? null
        : `${said.nameOf(plane.host)} ${said.of(plane.host)}: only loopback addresses ` +
          `(${plane.LOOPBACK.join(', ')}) are served without TLS; say --tls-cert and --tls-key`,
  },
  {
    says: 'Several processes need one database, one directory of images, and no simulated hosts.',
    read_by: ['control plane'],
    about: [plane.shared, plane.database, plane.images, plane.hosts],
    broken: alone,
  },
  {
    says: 'What several processes share is not on one machine: none of them is a host itself.',
    read_by: ['control plane'],
    about: [plane.shared, plane.qemu],
    broken: (said) =>
      said.of(plane.shared) && said.of(plane.qemu) === 'required'
        ? `${said.nameOf(plane.qemu)} required: not with --shared; run \`plimsoll agent\` there`
        : null,
  },
  {
    says: 'The control plane, its database and its NATS server listen on ports of their own.',
    read_by: ['control plane'],
    about: [plane.port, plane.database, plane.nats],
    broken: samePort,
  },
  {
    says: 'A CPU of hosts is shared or dedicated, not both.',
    read_by: ['control plane', 'agent'],
    about: [hosts.sharedCpus, hosts.dedicatedCpus],
    broken: (said) => inBoth(said, hosts.sharedCpus, hosts.dedicatedCpus),
  },
  {
    says: 'A CPU of simulated hosts is shared or dedicated, not both.',
    read_by: ['control plane'],
    about: [hosts.simulated.shared, hosts.simulated.dedicated],
    broken: (said) => inBoth(said, hosts.simulated.shared, hosts.simulated.dedicated),
  },
  {
    says: 'CPUs are kept back of the shared ones, and so are no more than those.',
    read_by: ['control plane', 'agent'],
    about: [hosts.reservedCpus, hosts.sharedCpus, hosts.dedicatedCpus],
    broken: moreThanShared,
  },
];

/** A line for each rule that is broken. */
export const wrongTogether = (
  processes: readonly Process[],
  settings: Settings,
): readonly string[] =>
  rules
    .filter(({ read_by }) => read_by.some((one) => processes.includes(one)))
    .filter(({ about }) => !about.some((one) => settings.isWrong(one)))
    .flatMap(({ broken }) => broken(settings) ?? []);

function withoutLogin(said: Settings): string | null {
  if (said.of(plane.keystone) === null || said.of(plane.noAuth)) return null;
  const whole = said.of(plane.keystoneUser) !== null && said.of(plane.keystonePassword) !== null;
  if (whole) return null;
  return `${said.nameOf(plane.keystone)}: name our own login by OS_USERNAME and OS_PASSWORD`;
}

function halfABroker(said: Settings): string | null {
  const [url, key] = [said.of(plane.nats), said.of(plane.natsKey)];
  if ((url === null) === (key === null)) return null;
  const half = said.nameOf(url === null ? plane.natsKey : plane.nats);
  const other = url === null ? 'a --nats' : 'a --nats-key';
  return `${half} goes with ${other}; \`plimsoll broker config\` makes the key`;
}

function halfOfTls(said: Settings): string | null {
  const [cert, key] = [said.of(plane.tlsCert), said.of(plane.tlsKey)];
  if ((cert === null) !== (key === null)) {
    const half = said.nameOf(cert === null ? plane.tlsKey : plane.tlsCert);
    return `${half} goes with ${cert === null ? 'a --tls-cert' : 'a --tls-key'}`;
  }
  const alone = said.of(plane.agentCa) !== null && cert === null;
  return alone ? `${said.nameOf(plane.agentCa)} goes with a --tls-cert` : null;
}

/** What belongs to one process cannot be everybody's. */
function alone(said: Settings): string | null {
  if (!said.of(plane.shared)) return null;
  const shared = said.nameOf(plane.shared);
  const missing = [
    ...(said.of(plane.database) === null ? ['name the database of all with --database'] : []),
    ...(said.of(plane.images) === null
      ? ['name a directory that all can reach with --images']
      : []),
    ...(said.of(plane.hosts) === 0
      ? []
      : ['say --hosts 0, and start the hosts with `plimsoll agent`']),
  ];
  return missing.length === 0 ? null : `${shared}: ${missing.join('; ')}`;
}

const HERE = '(127\\.0\\.0\\.1|localhost|\\[::1\\])';

function samePort(said: Settings): string | null {
  const port = said.of(plane.port);
  const taken = [plane.database, plane.nats].filter((one) => {
    const at = new RegExp(`^\\w+://(\\S*@)?${HERE}:0*${port}([/?]|$)`);
    return at.test(said.of(one) ?? '');
  });
  const [one] = taken;
  return port === 0 || one === undefined
    ? null
    : `${said.nameOf(plane.port)} ${port}: ${said.nameOf(one)} is on that port`;
}

type Cpus = Setting<readonly number[] | null>;

function inBoth(said: Settings, shared: Cpus, dedicated: Cpus): string | null {
  const both = (said.of(shared) ?? []).filter((cpu) => said.of(dedicated)?.includes(cpu) === true);
  if (both.length === 0) return null;
  const cpus = both.toSorted(byNumber).join(', ');
  return `${said.nameOf(shared)} and ${said.nameOf(dedicated)}: both name CPU ${cpus}`;
}

function moreThanShared(said: Settings): string | null {
  const [kept, shared, dedicated] = [
    said.of(hosts.reservedCpus) ?? 0,
    said.of(hosts.sharedCpus),
    said.of(hosts.dedicatedCpus),
  ];
  if (kept === 0 || (shared === null && dedicated === null)) return null;
  const most = shared?.length ?? 0;
  const name = said.nameOf(hosts.reservedCpus);
  return kept <= most ? null : `${name} ${kept}: of ${most} CPUs that guests share`;
}
