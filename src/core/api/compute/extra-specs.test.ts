/**
 * Goal: a flavor can say what means something, or means nothing to us; nothing in between.
 * Method: set extra specs over the API, right and wrong ones, one and many; then look what is kept.
 *
 * Mutants that were caught: only the first of many judged; what is wrong not refused;
 * a server made first, and found to mean nothing later.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { admin, flavor, openCompute, wanted } from '../../../sim/compute-client.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('extra specs are judged when they are set: all or none', async () => {
  const trial = await openCompute(drain);
  const client = await admin(trial);
  const path = `/flavors/${await flavor(client)}/os-extra_specs`;
  const extra_specs = { 'hw:numa_nodes': '2', 'acme:colour': 'red', 'resources1:VGPU': '1' };
  equal((await client.ask('POST', path, { extra_specs })).status, 200);

  const mistyped = { extra_specs: { 'hw:boot_menu': 'true', 'hw:numa_node': '4' } };
  const refused = await client.ask('POST', path, mistyped);
  equal(refused.status, 400);
  match(refused.body.badRequest.message, /did you mean hw:numa_nodes/);

  const wrong = await client.ask('PUT', `${path}/hw:numa_nodes`, { 'hw:numa_nodes': 'two' });
  equal(wrong.status, 400);
  match(wrong.body.badRequest.message, /a whole number from 1 to 64, not two/);

  const kept = await client.ask('GET', path);
  deepEqual(kept.body.extra_specs, extra_specs);
});

test('a server whose flavor asks for what nobody offers by that name is refused at once', async () => {
  const trial = await openCompute(drain);
  const client = await admin(trial);
  const ask = async (extra_specs: Readonly<Record<string, string>>) => {
    const id = await flavor(client);
    const said = await client.ask('POST', `/flavors/${id}/os-extra_specs`, { extra_specs });
    if (said.status !== 200) return `${said.status} ${said.body.badRequest.message}`;
    const made = await client.ask('POST', '/servers', { server: wanted(client, id) });
    return `${made.status} ${made.body.badRequest?.message}`;
  };
  match(await ask({ 'pci_passthrough:alias': 'fpga:1' }), /^400 PCI alias fpga is not defined/);
  const { servers } = (await client.ask('GET', '/servers')).body;
  deepEqual(servers, []);
});
