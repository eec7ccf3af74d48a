/**
 * What a real guest reads of its config drive: the volume by its label, that it cannot be written,
 * and what is on it; at every start, wherever it is by then. For every driver with real guests.
 */
import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DriveFile } from '../../core/ports/order.ts';
import type { HouseHypervisor } from './hypervisor.ts';
import { IMAGE } from './lab.fixture.ts';
import type { Lab, RealGuestTest } from './real-guests.fixture.ts';
import { until } from './waiting.ts';

const driveOf = (hostname: string): readonly DriveFile[] => [
  { path: 'openstack/latest/meta_data.json', text: JSON.stringify({ hostname }) },
  { path: 'openstack/latest/user_data', base64: Buffer.from('#!/bin/sh\n').toString('base64') },
];

const named = (lab: Lab, hostname: string) => ({ ...lab.guest, drive: driveOf(hostname) });

/** Has started so often with that on its drive, by what its console says. */
async function tells(lab: Lab, host: HouseHypervisor, hostname: string, times: number) {
  const line = `drive ro=1 "hostname":"${hostname}"`;
  const told = await until(60_000, async () => {
    const said = await host.console(lab.guest.uuid);
    const text = said.is === 'done' ? said.value.text : '';
    return text.split(line).length > times ? true : null;
  });
  ok(told === true, `it has not told of ${hostname} ${times} times`);
}

const driveOn = (lab: Lab, side: 'a' | 'b'): Buffer =>
  readFileSync(join(lab.directory, side, 'guests', lab.guest.uuid, 'drive'));

export const readsItsDrive: RealGuestTest = async (lab) => {
  const { uuid } = lab.guest;
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  const guest = named(lab, 'first');
  equal((await a.boot('r/boot', guest)).is, 'done');
  await tells(lab, a, 'first', 1);
  await lab.counted(a, 3);
  const before = driveOn(lab, 'a');
  const received = await b.receive('m/landing', guest);
  ok(received.is === 'done', JSON.stringify(received));
  const sent = await a.send('m/send', uuid, received.value.address);
  equal(sent.is, 'done', JSON.stringify(sent));
  await lab.counted(b, 3);
  ok(driveOn(lab, 'b').equals(before), 'it was not made as it was');
  equal((await b.reboot('s/reboot', uuid, 0)).is, 'done');
  await tells(lab, b, 'first', 2);

  const to = { is: 'rebuilt', image_id: IMAGE, name: 'anew', to: 'running' } as const;
  equal((await b.refit('t/anew', uuid, { ...to, drive: driveOf('second') })).is, 'done');
  await tells(lab, b, 'second', 1);
  equal((await b.refit('u/again', uuid, to)).is, 'done');
  await tells(lab, b, 'second', 2);
};

/** A rebuilt one too, whose files are in a folder of their own. */
export const driveGoesAlong: RealGuestTest = async (lab) => {
  const { uuid } = lab.guest;
  const [a, b] = [await lab.host('a'), await lab.host('b')];
  const guest = named(lab, 'cold');
  equal((await a.boot('r/boot', guest)).is, 'done');
  await tells(lab, a, 'cold', 1);
  const drive = driveOf('rebuilt');
  const to = { is: 'rebuilt', image_id: IMAGE, name: 'anew', to: 'running', drive } as const;
  equal((await a.refit('q/anew', uuid, to)).is, 'done');
  await tells(lab, a, 'rebuilt', 1);
  equal((await a.park('r/park', uuid, 0)).is, 'done');
  const received = await b.receive('r/landing', { ...guest, drive }, true);
  ok(received.is === 'done', JSON.stringify(received));
  const shipped = await a.ship('r/ship', uuid, 'r/park', received.value.address);
  equal(shipped.is, 'done', JSON.stringify(shipped));
  equal((await b.power('r/switch', uuid, 'running', 0)).is, 'done');
  await tells(lab, b, 'rebuilt', 2);
};
