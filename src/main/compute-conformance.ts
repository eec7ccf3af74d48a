/**
 * The whole control plane for conformance runs, in the foreground on 127.0.0.1:PORT:
 *
 *   node dist/main/compute-conformance.js PORT DIR
 *
 *   DIR with the password `pw` ─► control plane, 4 simulated hosts ─► furnished through its own API
 *       ─► one line of JSON: {auth_url, images: [id, id], flavors: [id, id]} … SIGTERM ─► stop
 *
 * The administrator is `admin` of project `admin`; the users are those that tempest's list of
 * accounts names (conformance/furnish.ts). Everybody's password is `pw`, so DIR must be new.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { furnishForTempest } from './conformance/furnish.ts';
import { controlPlane } from './control-plane.ts';
import { writeCloudsYaml } from './up/clouds-yaml.ts';

const HOSTS = 4;
const PASSWORD = 'pw';

async function main([port = '', directory = '']: readonly string[]): Promise<number> {
  if (!/^\d+$/.test(port) || directory === '') return complain('usage: PORT DIRECTORY');
  if (existsSync(join(directory, 'plimsoll.db'))) {
    return complain(`${directory} has been used; name a new directory`);
  }
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeCloudsYaml(join(directory, 'clouds.yaml'), url, PASSWORD); // the first start takes it up
  const options = ['--data', directory, '--port', port, '--hosts', String(HOSTS)];
  return controlPlane(options, () => void announce(url));
}

async function announce(url: string): Promise<void> {
  try {
    const furnished = await furnishForTempest(url, PASSWORD);
    console.log(JSON.stringify(furnished));
  } catch (error) {
    process.exit(complain(`furnishing failed: ${String(error)}`));
  }
}

function complain(line: string): number {
  console.error(`compute-conformance: ${line}`);
  return 1;
}

process.exit(await main(process.argv.slice(2)));
