/**
 * Goal: devices in moves on one host (8.7 of the acceptance table): one guest at a time has them,
 * so a server that stays where it is needs no second one.
 * Method: a little world whose hosts have one card and one card of functions each; hosts are closed
 * so that the server's own is the one to be chosen.
 * Mutants that were caught: the run holding, or paying for, the card as well; devices left free
 * after the trial; refused before the run begins; decided without a second look where a part is
 * wanted of the card that is held whole; the host refusing the landing for the server's own card.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import type { FlavorRow } from '../../core/servers/rows.ts';
import { deviceFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { made, medium, runIdOf } from './resize.fixture.ts';
import { type Open, seen, serverIn, tell } from './tale.fixture.ts';

const named = (name: string): FlavorRow =>
  present(
    deviceFlavors.find((flavor) => flavor.name === name),
    name,
  );
const card = named('card');
const larger = { ...card, id: 'larger', name: 'larger', vcpus: 2 };
const CARD = 'serial:card-0/0';

const devicesOf = (world: LittleWorld, consumer: string): string[] =>
  (seen(world).books.consumers.get(consumer)?.devices ?? []).map(({ device }) => device);

/** Resized on its own host, and on no other: not confirmed. */
async function besideItself(open: Open, from: FlavorRow, to: FlavorRow) {
  const about = { cards_per_cell: 1, resize_to_same_host: true };
  const world = await open('none', 'refuse', 1, about);
  const { uuid, source } = await made(world, { flavor: from });
  await world.closeAllBut(source);
  const move = runIdOf(await world.resize(uuid, to));
  await world.rest();
  return { world, uuid, source, move };
}

tell({
  'ACC-133 D-RT4: resized on its host, a server keeps the only card there is': async (open) => {
    const { world, uuid, source, move } = await besideItself(open, card, larger);
    deepEqual([serverIn(world, uuid).host, serverIn(world, uuid).vm_state], [source, 'resized']);
    deepEqual([devicesOf(world, uuid), devicesOf(world, move)], [[CARD], []]);
    const other = await world.create({ flavor: card });
    await world.rest();
    equal(serverIn(world, other).vm_state, 'error');
    await world.revertResize(uuid);
    await world.rest();
    deepEqual([serverIn(world, uuid).vm_state, devicesOf(world, uuid)], ['active', [CARD]]);
    await world.resize(uuid, larger);
    await world.rest();
    await world.confirmResize(uuid);
    await world.rest();
    deepEqual([serverIn(world, uuid).flavor.name, devicesOf(world, uuid)], ['larger', [CARD]]);
  },

  'ACC-133 a part of the card that it has whole is none that it keeps': async (open) => {
    const about = { cards_per_cell: 1, resize_to_same_host: true };
    const world = await open('none', 'refuse', 1, about);
    const { uuid, source, others } = await made(world, { flavor: named('whole') });
    const other = present(others[0], 'another host');
    await world.closeAllBut(other);
    await world.create({ flavor: medium });
    await world.rest();
    // Its own host would be the better one, if the part were free there.
    await world.open(source);
    const move = runIdOf(await world.resize(uuid, named('part')));
    await world.rest();
    deepEqual([serverIn(world, uuid).host, serverIn(world, uuid).vm_state], [other, 'resized']);
    deepEqual(devicesOf(world, move), ['serial:whole/0']);
  },
});
