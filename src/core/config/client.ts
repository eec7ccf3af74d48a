/** What is said of the verbs that ask a running server. */
import { path, text } from './kinds.ts';
import { type Process, type Setting, setting } from './setting.ts';

const read_by: readonly Process[] = ['client'];

export const clouds = setting(path, {
  key: 'client.clouds',
  flag: 'clouds',
  placeholder: 'file',
  environment: 'OS_CLIENT_CONFIG_FILE',
  says: 'The clouds.yaml that says where the server is, and who asks.',
  unit: null,
  otherwise: '.plimsoll/clouds.yaml, else clouds.yaml',
  read_by,
  not_in_file: true,
});

export const cloud = setting(text, {
  key: 'client.cloud',
  flag: 'cloud',
  placeholder: 'name',
  environment: 'OS_CLOUD',
  says: 'Which cloud in it.',
  unit: null,
  default: 'plimsoll',
  read_by,
  not_in_file: true,
});

/** By the flag, else by the environment, else by default. */
export const clientSays = <Value extends string | null>(
  setting: Setting<Value>,
  flag: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): Value => (flag ?? (variables[setting.environment] || setting.default)) as Value;

export const clientSettings: readonly Setting<unknown>[] = [clouds, cloud];
