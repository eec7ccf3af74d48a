/**
 * Goal: what users of the stock `openstack` command type about servers works on real guests as it
 * does on simulated ones: made with a config drive, looked at, rebooted, stopped, resized, moved.
 * Method: the real program without hosts of its own, two agents with QEMU, and
 * clients/session-qemu.txt, a command after the other.
 */
import { deepEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { makeSmallGuest, missing } from '../src/real/qemu/small-guest.ts';
import { CLI, startAgent } from './agent-process.ts';
import { played } from './clients/played.ts';
import { readSession } from './clients/session.ts';
import { adminOf, clientMissing, Shell } from './clients/shell.ts';
import { type Api, apiOf, type Product, startProduct, until } from './product.ts';

const run = promisify(execFile);
const HOSTS = ['q-1', 'q-2'];
const skip = clientMissing === false ? (missing() ?? false) : clientMissing;

async function startHosts({ url, cloudsYaml }: Product, api: Api, directory: string) {
  for (const host of HOSTS) {
    const told = await run(process.execPath, [CLI, 'host', 'token', host, '--clouds', cloudsYaml]);
    const tokens = join(directory, `token-${host}`);
    await writeFile(tokens, told.stdout, { mode: 0o600 });
    const state = join(directory, host);
    const args = ['--driver', 'qemu', '--control', url, '--tokens', tokens, '--state', state];
    await startAgent(args);
  }
  await until(
    async () => (await api('GET', '/plimsoll/v1/hosts')).body.hosts as { state: string }[],
    (hosts) => hosts.length === HOSTS.length && hosts.every(({ state }) => state === 'up'),
  );
}

/** What a session names without having made it. */
async function namesFor(api: Api, directory: string): Promise<Map<string, string>> {
  const { kernel, initramfs } = makeSmallGuest(directory);
  const file = async (name: string, bytes: Uint8Array | string) => {
    await writeFile(join(directory, name), bytes);
    return join(directory, name);
  };
  const { resource_providers } = (await api('GET', '/placement/resource_providers')).body;
  return new Map([
    ['KERNEL', kernel],
    ['INITRAMFS', initramfs],
    ['DISK', await file('disk', Buffer.alloc(1024 * 1024))],
    ['USERDATA', await file('user-data', '#!/bin/sh\n')],
    ['PROVIDER', String(resource_providers[0].uuid)],
  ]);
}

test('a session about real guests goes as it should', { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'p-'));
  const product = await startProduct({ args: ['--hosts', '0'] });
  const shell = new Shell(adminOf(product));
  try {
    const api = await apiOf(product);
    await startHosts(product, api, directory);
    const names = await namesFor(api, directory);
    const text = await readFile(join(import.meta.dirname, 'clients/session-qemu.txt'), 'utf8');
    deepEqual(await played({ shell, session: readSession(text), names, hosts: HOSTS }), []);
  } finally {
    await shell.end();
    await product.stop();
    await product.clear();
    await rm(directory, { recursive: true, force: true });
  }
});
