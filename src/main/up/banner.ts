/** What a person sees when it is up: where everything is, and what to type next. */
import { styleText } from 'node:util';
import { CLOUD } from './clouds-yaml.ts';
import type { Auth } from './doorkeeper.ts';

export interface UpFacts {
  readonly url: string;
  readonly data: string;
  readonly cloudsYaml: string;
  /** Shown once, at the first start; null: it was told before. */
  readonly password: string | null;
  readonly hosts: number;
  readonly servers: number;
  readonly started_in_ms: number;
  /** On real guests, e.g. how to get them; null: not wanted. */
  readonly real: string | null;
  readonly auth: Auth;
}

export function banner(facts: UpFacts): string {
  const strong = (text: string) => styleText('bold', text);
  const { url, data, cloudsYaml, hosts, servers, real } = facts;
  return [
    '',
    `Plimsoll is up at ${strong(url)}   (after ${facts.started_in_ms} ms)`,
    '',
    `  console      ${url}/`,
    `  log in       ${logIn(facts, strong)}`,
    ...(facts.auth.is === 'own' ? [`  clouds.yaml  ${cloudsYaml}`] : []),
    `  data         ${data}   (${hosts} hosts, ${servers} servers)`,
    ...(real === null ? [] : [`  real guests  ${real}`]),
    '',
    ...next(facts),
    '',
    'Ctrl-C stops it; the next start finds everything as it was.',
    '',
  ].join('\n');
}

function logIn({ auth, password, cloudsYaml }: UpFacts, strong: (text: string) => string): string {
  switch (auth.is) {
    case 'own':
      return password === null
        ? `user admin, project admin; the password is in ${cloudsYaml}`
        : `user admin, project admin, password ${strong(password)}  (shown this once)`;
    case 'keystone':
      return `by the Keystone at ${auth.url}`;
    case 'none':
      return `${strong('nobody has to')}: whoever reaches this port is the administrator`;
  }
}

function next({ auth, url, cloudsYaml }: UpFacts): readonly string[] {
  const create =
    '  openstack server create --image blank --flavor m1.tiny --network none --wait first';
  switch (auth.is) {
    case 'own':
      return [
        'Next, in another terminal:',
        '',
        '  npx plimsoll host list',
        `  export OS_CLIENT_CONFIG_FILE=${cloudsYaml} OS_CLOUD=${CLOUD}`,
        create,
      ];
    case 'keystone':
      return [
        'The services that its catalog should name (openstack endpoint create):',
        '',
        `  compute ${url}/compute/v2.1   placement ${url}/placement`,
        `  image   ${url}/image          network   ${url}/network`,
      ];
    case 'none':
      return [
        'Next, in another terminal:',
        '',
        `  openstack --os-auth-type none --os-endpoint ${url}/compute/v2.1 server list`,
      ];
  }
}
