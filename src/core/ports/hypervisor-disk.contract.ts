/** What every Hypervisor promises of its guests' disks, and of what is done within them. */
import { assert } from '../base/units.ts';
import { on, type Promises, refused, sure, switched } from './hypervisor-lab.contract.ts';

const IMAGE = '33333333-4444-4555-8666-777777777777';

export const diskPromises: Promises = {
  'rebuilds a guest that runs, and one that does not': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { image_id } = guest;
    const anew = { is: 'rebuilt', image_id, name: 'renamed' } as const;
    sure(await here.refit('r/anew', guest.uuid, { ...anew, to: 'running' }));
    const first = await on(here, guest);
    assert(first?.power === 'running' && first.spec.name === 'renamed', JSON.stringify(first));
    assert(first.made_by === 'r/boot' && first.switched_by === 'r/anew', JSON.stringify(first));
    sure(await here.refit('s/anew', guest.uuid, { ...anew, to: 'off' }));
    assert((await on(here, guest))?.power === 'off', 'not off');
    refused(await here.refit('r/anew', guest.uuid, { ...anew, to: 'running' }), 'closed');
    refused(await here.refit('t/anew', 'nobody', { ...anew, to: 'off' }), 'unknown-guest');
  },
  'rescues a guest, and gives it its own disk again': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { image_id } = guest;
    sure(await here.refit('r/rescue', guest.uuid, { is: 'rescued', image_id }));
    const rescued = await on(here, guest);
    assert(rescued?.rescued === true && rescued.power === 'running', JSON.stringify(rescued));
    sure(await here.reboot('r/again', guest.uuid, 0));
    assert((await on(here, guest))?.rescued === true, 'a reboot has ended the rescue');
    sure(await here.refit('r/unrescue', guest.uuid, { is: 'unrescued' }));
    const healed = await on(here, guest);
    assert(healed?.rescued === false && healed.power === 'running', JSON.stringify(healed));
  },
  'H2, H7: a refit that was closed first leaves the guest as it is': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    const refitting = here.refit('r/rescue', guest.uuid, {
      is: 'rescued',
      image_id: guest.image_id,
    });
    sure(await here.close('r/rescue'));
    const acted = (await on(here, guest))?.switched_by === 'r/rescue';
    const refitted = await refitting;
    assert((refitted.is === 'done') === acted, `${refitted.is}, acted ${acted}`);
    assert((await on(here, guest))?.rescued === acted, 'it acted after it was closed');
  },
  'saves an image of a guest that runs, and of one that does not': async (lab) => {
    const { here, guest, saved } = lab;
    sure(await here.boot('r/boot', guest));
    for (const [at, power] of (['running', 'paused', 'off'] as const).entries()) {
      if (power !== 'running') sure(await here.power(`r/${power}`, guest.uuid, power, 0));
      const image = `33333333-4444-4555-8666-77777777770${at}`;
      const made = sure(await here.snapshot(`r/image ${at}`, guest.uuid, image));
      assert(made.size_bytes > 0, 'no bytes');
      assert((await saved(image)) === made.size_bytes, `${await saved(image)} bytes are there`);
      assert((await on(here, guest))?.power === power, 'it is not as it was');
    }
    refused(await here.snapshot('s/image', 'nobody', IMAGE), 'unknown-guest');
  },
  'a guest is made again from the image of its disk': async ({ here, guest, saved }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.power('r/off', guest.uuid, 'off', 0));
    const { size_bytes } = sure(await here.snapshot('r/image', guest.uuid, IMAGE));
    assert((await saved(IMAGE)) === size_bytes, 'no bytes');
    sure(await here.destroy('r/destroy', guest.uuid));
    sure(await here.boot('s/boot', guest, IMAGE));
    const found = await on(here, guest);
    assert(found?.power === 'running', 'it does not run');
    assert(found.spec.image_id === guest.image_id, 'it is of another image');
  },
  'H2: an image that is closed while it is saved leaves no bytes': async (lab) => {
    const { here, guest, saved } = lab;
    sure(await here.boot('r/boot', guest));
    const saving = here.snapshot('r/image', guest.uuid, IMAGE);
    sure(await here.close('r/image'));
    const made = await saving;
    assert((await saved(IMAGE)) === (made.is === 'done' ? made.value.size_bytes : null), made.is);
    refused(await here.snapshot('r/image', guest.uuid, IMAGE), 'closed');
  },
  'sets a password within a guest that runs, if it can, and never elsewhere': async (lab) => {
    const { here, guest } = lab;
    refused(await here.setPassword('nobody', 'secret'), 'unknown-guest');
    sure(await here.boot('r/boot', guest));
    const set = await here.setPassword(guest.uuid, 'secret');
    assert(set.is === 'done' || (set.is === 'no' && set.why.why === 'failed'), set.is);
    await switched(here, guest, 'off');
    refused(await here.setPassword(guest.uuid, 'secret'), 'failed');
  },
  'interrupts a guest that runs, and never elsewhere': async (lab) => {
    const { here, guest } = lab;
    refused(await here.interrupt('nobody'), 'unknown-guest');
    sure(await here.boot('r/boot', guest));
    sure(await here.interrupt(guest.uuid));
    await switched(here, guest, 'off');
    refused(await here.interrupt(guest.uuid), 'failed');
  },
};
