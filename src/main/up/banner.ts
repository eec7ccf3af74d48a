/** What a person sees when it is up: where everything is, and what to type next. */
import { styleText } from 'node:util';
import { CLOUD } from './clouds-yaml.ts';

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
}

export function banner(facts: UpFacts): string {
  const strong = (text: string) => styleText('bold', text);
  const { url, data, cloudsYaml, password, hosts, servers, real } = facts;
  const logIn =
    password === null
      ? `user admin, project admin; the password is in ${cloudsYaml}`
      : `user admin, project admin, password ${strong(password)}  (shown this once)`;
  return [
    '',
    `Plimsoll is up at ${strong(url)}   (after ${facts.started_in_ms} ms)`,
    '',
    `  console      ${url}/`,
    `  log in       ${logIn}`,
    `  clouds.yaml  ${cloudsYaml}`,
    `  data         ${data}   (${hosts} hosts, ${servers} servers)`,
    ...(real === null ? [] : [`  real guests  ${real}`]),
    '',
    'Next, in another terminal:',
    '',
    '  npx plimsoll host list',
    `  export OS_CLIENT_CONFIG_FILE=${cloudsYaml} OS_CLOUD=${CLOUD}`,
    '  openstack server create --image blank --flavor m1.tiny --network none --wait first',
    '',
    'Ctrl-C stops it; the next start finds everything as it was.',
    '',
  ].join('\n');
}
