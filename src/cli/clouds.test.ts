/**
 * Goal: the right file is read, and what is wrong with it is said in one line with the next step.
 * Method: files in a folder of their own, good and bad in every way that a person can make them.
 */
import { deepEqual, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { clientSays, cloud, clouds } from '../core/config/client.ts';
import { readCloud } from './clouds.ts';

const GOOD = `clouds:
  plimsoll:
    auth:
      auth_url: http://127.0.0.1:8774/identity/v3
      username: admin
      password: "0123"
      project_name: admin
      user_domain_name: Home
`;

function written(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-clouds-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'clouds.yaml');
  writeFileSync(path, text);
  return path;
}

test('a good file gives the origin, the login and the domains', (context) => {
  const clouds = written(context, GOOD);
  deepEqual(readCloud({ clouds, cloud: 'plimsoll' }), {
    origin: 'http://127.0.0.1:8774',
    user: 'admin',
    password: '0123',
    project: 'admin',
    user_domain: 'Home',
    project_domain: 'Default',
  });
});

test('the environment names file and cloud where no option does', () => {
  const variables = { OS_CLIENT_CONFIG_FILE: 'theirs.yaml', OS_CLOUD: '' };
  deepEqual(clientSays(clouds, undefined, variables), 'theirs.yaml');
  deepEqual(clientSays(clouds, 'mine.yaml', variables), 'mine.yaml');
  deepEqual(clientSays(clouds, undefined, {}), null);
  deepEqual(clientSays(cloud, undefined, variables), 'plimsoll');
});

test('what is wrong is named, with what to do', (context) => {
  const read =
    (text: string, cloud = 'plimsoll') =>
    () =>
      readCloud({ clouds: written(context, text), cloud });
  throws(read(GOOD, 'elsewhere'), /has no cloud 'elsewhere'; name one with --cloud/);
  throws(read(''), /has no cloud 'plimsoll'/);
  throws(read('clouds: [a'), /is not YAML: .*; correct it/);
  throws(read(GOOD.replace(/.*password.*\n/, '')), /has no auth.password; add it/);
  throws(read(GOOD.replace('http://', '')), /auth_url '.*' is no URL/);
  const clouds = join(tmpdir(), 'plimsoll-clouds-nowhere.yaml');
  throws(() => readCloud({ clouds, cloud: 'plimsoll' }), /there is no .*; start a server with/);
});
