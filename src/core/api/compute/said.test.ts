/**
 * Goal: what an owner says of a server is told again, by whom and at what version it may be read,
 * through everything that changes the server.
 * Method: an installation in simulated time; a server is made, renamed, rebuilt and resized.
 * Mutants that these killed: a rename that changes the host name; user data shown to its owner's
 * list; an update that forgets what was said before; a resize that does not keep the disk's word.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  flavor,
  IMAGE,
  openCompute,
  rested,
  stranger,
  wanted,
} from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => openCompute(drain);
const said = {
  accessIPv4: '192.0.2.7',
  accessIPv6: '2001:0DB8::7',
  'OS-DCF:diskConfig': 'AUTO',
  user_data: 'IyEvYmluL3No',
  config_drive: 'yes',
};

const shown = async (client: Client, id: string) =>
  (await client.ask('GET', `/servers/${id}`)).body.server;

test('what is said when a server is made is told again; user data to operators only', async () => {
  const trial = await open();
  const client = await admin(trial);
  const id = await boot(client, await flavor(client), { ...said, hostname: 'a.example' });
  const server = await rested(client, id);
  const { accessIPv4, accessIPv6, config_drive } = server;
  deepEqual([accessIPv4, accessIPv6, config_drive], ['192.0.2.7', '2001:db8::7', 'True']);
  equal(server['OS-DCF:diskConfig'], 'AUTO');
  equal(server['OS-EXT-SRV-ATTR:hostname'], 'a.example');
  equal(server['OS-EXT-SRV-ATTR:user_data'], said.user_data);
  const member = await stranger(trial, 'member');
  const theirs = await boot(member, await flavor(client), said);
  equal('OS-EXT-SRV-ATTR:user_data' in (await rested(member, theirs)), false);
});

test('a rename keeps the host name; an update changes only what it says', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client), { ...said, name: 'First One' });
  await rested(client, id);
  const update = (server: object) => client.ask('PUT', `/servers/${id}`, { server });
  equal((await update({ name: 'other', accessIPv4: '192.0.2.8' })).status, 200);
  const server = await shown(client, id);
  deepEqual([server.name, server.accessIPv4], ['other', '192.0.2.8']);
  equal(server.accessIPv6, '2001:db8::7');
  equal(server['OS-EXT-SRV-ATTR:hostname'], 'first-one');
  equal((await update({ hostname: 'new' })).body.server['OS-EXT-SRV-ATTR:hostname'], 'new');
  match((await update({ accessIPv6: ':::1' })).body.badRequest.message, /accessIPv6/);
});

test('a host name is for 2.90 and later, and longer from 2.94', async () => {
  const trial = await open();
  const id = await flavor(await admin(trial));
  const asked = async (version: number, hostname: string) => {
    const client = await admin(trial, version);
    const server = wanted(client, id, { hostname });
    return (await client.ask('POST', '/servers', { server })).status;
  };
  deepEqual([await asked(89, 'one'), await asked(90, 'one')], [400, 202]);
  deepEqual([await asked(90, 'one.two'), await asked(94, 'one.two')], [400, 202]);
});

test('a rebuild changes what it says, and a resize the word on the disk', async () => {
  const client = await admin(await open());
  const id = await boot(client, await flavor(client), said);
  await rested(client, id);
  const rebuild = { imageRef: IMAGE, 'OS-DCF:diskConfig': 'MANUAL', user_data: null };
  const told = await client.ask('POST', `/servers/${id}/action`, { rebuild });
  deepEqual([told.status, told.body.server.user_data], [202, null]);
  const rebuilt = await rested(client, id);
  equal(rebuilt['OS-DCF:diskConfig'], 'MANUAL');
  equal(rebuilt.accessIPv4, said.accessIPv4);
  const resize = { flavorRef: await flavor(client, { vcpus: 2 }), 'OS-DCF:diskConfig': 'AUTO' };
  equal((await client.ask('POST', `/servers/${id}/action`, { resize })).status, 202);
  equal((await rested(client, id))['OS-DCF:diskConfig'], 'AUTO');
});
