/** What every Hypervisor promises: H1 to H5, H7 and H8. A driver that passes may be plugged in. */
import { assert, never } from '../base/units.ts';
import type { Guest, Hypervisor, HypervisorRefusal } from './hypervisor.ts';
import type { GuestSpec, PowerTarget } from './order.ts';
import type { Reply } from './reply.ts';

/** Two machines with a way between them, and guests small enough for either. */
export interface HypervisorLab {
  /** How many bytes are saved of that image; null: none. */
  readonly saved: (image_id: string) => Promise<number | null>;
  readonly here: Hypervisor;
  readonly there: Hypervisor;
  readonly guest: GuestSpec;
}

const IMAGE = '33333333-4444-4555-8666-777777777777';

function sure<T>(reply: Reply<T, HypervisorRefusal>): T {
  switch (reply.is) {
    case 'done':
      return reply.value;
    case 'no':
    case 'lost':
      return assert(false, `answered ${JSON.stringify(reply)}`) as never;
    default:
      return never(reply);
  }
}

function refused(reply: Reply<unknown, HypervisorRefusal>, why: HypervisorRefusal['why']): void {
  assert(reply.is === 'no' && reply.why.why === why, `not ${why}: ${JSON.stringify(reply)}`);
}

async function on(hypervisor: Hypervisor, { uuid }: GuestSpec): Promise<Guest | undefined> {
  return sure(await hypervisor.guests()).find(({ spec }) => spec.uuid === uuid);
}

/** All that there is of it, which is one thing. */
async function alone(where: Hypervisor, { uuid }: GuestSpec): Promise<Guest> {
  const all = sure(await where.guests()).filter(({ spec }) => spec.uuid === uuid);
  const [one] = all;
  assert(one !== undefined && all.length === 1, JSON.stringify(all));
  return one as Guest;
}

async function runsOnly(where: Hypervisor, notOn: Hypervisor, guest: GuestSpec): Promise<void> {
  const found = await on(where, guest);
  assert(found?.power === 'running' && !found.awaited, `is ${JSON.stringify(found)}`);
  assert((await on(notOn, guest)) === undefined, 'and on the other machine as well');
}

/** From one power state to the next, each asked for by a step of its own. */
async function switched(here: Hypervisor, guest: GuestSpec, ...states: PowerTarget[]) {
  for (const [at, to] of states.entries()) {
    sure(await here.power(`r/switch ${at}`, guest.uuid, to, 0));
    assert((await on(here, guest))?.power === to, `not ${to}`);
  }
}

export const hypervisorContract: Readonly<Record<string, (lab: HypervisorLab) => Promise<void>>> = {
  'describes a machine whose cells add up': async ({ here }) => {
    const { cells, cores, memory_mib } = sure(await here.describe());
    assert(cores > 0 && memory_mib > 0, 'no cores or no memory');
    const sum = (of: 'cores' | 'memory_mib') => cells.reduce((all, cell) => all + cell[of], 0);
    assert(sum('cores') === cores, `${sum('cores')} cores in cells of ${cores}`);
    assert(sum('memory_mib') <= memory_mib, 'more memory in cells than there is');
  },
  'boots a guest, and tells by which step': async ({ here, there, guest }) => {
    assert(sure(await here.boot('r/boot', guest)).power === 'running', 'does not run');
    await runsOnly(here, there, guest);
    assert((await on(here, guest))?.made_by === 'r/boot', 'made by another step');
  },
  'H1: the same boot again is the same guest; another one is refused': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.boot('r/boot', guest));
    refused(await here.boot('s/boot', guest), 'exists');
    assert(sure(await here.guests()).length === 1, 'two guests');
  },
  'switches a guest off and on': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'off', 'running', 'off', 'running');
    refused(await here.power('r/x', 'nobody', 'off', 0), 'unknown-guest');
  },
  'pauses a guest, and has it go on': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'paused', 'running', 'paused', 'off');
    refused(await here.power('r/x', guest.uuid, 'paused', 0), 'failed');
  },
  'suspends a guest, and has it go on': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'suspended', 'running', 'suspended', 'off');
    refused(await here.power('r/x', guest.uuid, 'suspended', 0), 'failed');
  },
  'reboots a guest that runs, and one that does not': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.reboot('r/again', guest.uuid, 0));
    assert((await on(here, guest))?.power === 'running', 'does not run');
    await switched(here, guest, 'off');
    sure(await here.reboot('s/again', guest.uuid, 0));
    assert((await on(here, guest))?.power === 'running', 'is not started');
    refused(await here.reboot('r/x', 'nobody', 0), 'unknown-guest');
  },
  'H7: the step that switched a guest last is told, and acts once': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    assert(
      (await on(here, guest))?.switched_by === null,
      'switched by a step before any was asked',
    );
    sure(await here.power('r/off', guest.uuid, 'off', 0));
    sure(await here.power('r/off', guest.uuid, 'off', 0));
    assert((await on(here, guest))?.switched_by === 'r/off', 'by another step');
    sure(await here.power('r/on', guest.uuid, 'running', 0));
    refused(await here.power('r/off', guest.uuid, 'off', 0), 'closed');
    assert((await on(here, guest))?.power === 'running', 'an old step has acted again');
    sure(await here.reboot('r/again', guest.uuid, 0));
    assert((await on(here, guest))?.switched_by === 'r/again', 'a reboot leaves no key');
    refused(await here.power('r/on', guest.uuid, 'running', 0), 'closed');
  },
  'switches only what was made or switched last by the step named': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.power('r/off', guest.uuid, 'off', 0, 'r/boot'));
    assert((await on(here, guest))?.power === 'off', 'still on');
    sure(await here.power('s/on', guest.uuid, 'running', 0, 'r/boot'));
    const found = await on(here, guest);
    assert(found?.power === 'off' && found.switched_by === 'r/off', JSON.stringify(found));
    sure(await here.power('t/on', guest.uuid, 'running', 0, 'r/off'));
    assert((await on(here, guest))?.power === 'running', 'still off');
  },
  'H2, H7: a switch that was closed first leaves no key': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.close('r/off'));
    refused(await here.power('r/off', guest.uuid, 'off', 0), 'closed');
    const found = await on(here, guest);
    assert(found?.power === 'running' && found.switched_by === null, JSON.stringify(found));
  },
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
  'keeps what a guest writes on its console': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    assert(typeof sure(await here.console(guest.uuid)).text === 'string', 'no text');
    refused(await here.console('nobody'), 'unknown-guest');
  },
  'H2: a closed step never acts': async ({ here, guest }) => {
    sure(await here.close('r/boot'));
    refused(await here.boot('r/boot', guest), 'closed');
    assert((await on(here, guest)) === undefined, 'it acted');
    sure(await here.boot('r/boot@2', guest));
  },
  'H2: a boot that is overtaken by its closing leaves nothing': async ({ here, guest }) => {
    const booting = here.boot('r/boot', guest);
    sure(await here.close('r/boot'));
    sure(await here.destroy('r/undo', guest.uuid));
    await booting;
    assert((await on(here, guest)) === undefined, 'it came after its end');
  },
  'H2: a closed landing takes no guest': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    sure(await there.close('r/landing'));
    assert((await here.send('r/send', guest.uuid, address)).is === 'no', 'it was taken');
    assert((await on(here, guest))?.power === 'running', 'it does not run here any more');
    assert((await on(there, guest))?.power !== 'running', 'it runs there');
  },
  'H3: destroys what is there, and is done where nothing is': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.destroy('r/destroy', guest.uuid));
    sure(await here.destroy('r/destroy', guest.uuid));
    assert((await on(here, guest)) === undefined, 'still there');
  },
  'H3: what was destroyed is not made again by the step that made it': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.destroy('r/destroy', guest.uuid));
    const again = await here.boot('r/boot', guest);
    assert(again.is === 'no' && again.why.why === 'closed', JSON.stringify(again));
    assert((await on(here, guest)) === undefined, 'there again');
    sure(await here.boot('s/boot', guest));
  },
  'destroys only what the step named has made': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    sure(await here.destroy('s/destroy', guest.uuid, 's/boot'));
    assert((await on(here, guest)) !== undefined, 'the guest of another step is gone');
    sure(await here.destroy('r/destroy', guest.uuid, 'r/boot'));
    assert((await on(here, guest)) === undefined, 'still there');
  },
  'a landing is seen, and is not the guest': async ({ here, guest }) => {
    const { address } = sure(await here.receive('r/landing', guest));
    const landing = await on(here, guest);
    assert(landing?.awaited === true && landing.power !== 'running', JSON.stringify(landing));
    assert(sure(await here.receive('r/landing', guest)).address === address, 'another address');
  },
  'H4: a guest that is sent runs there, and not here': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const sent = sure(await here.send('r/send', guest.uuid, address));
    assert(sent.downtime_ms >= 0, 'less than no downtime');
    await runsOnly(there, here, guest);
    assert((await on(there, guest))?.made_by === 'r/landing', 'made by another step');
    sure(await here.send('r/send', guest.uuid, address));
  },
  'H4: what is not taken runs here as before': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    sure(await there.seal('r/seal', guest.uuid, 'r/landing'));
    assert((await here.send('r/send', guest.uuid, address)).is === 'no', 'sent to nowhere');
    await runsOnly(here, there, guest);
  },
  'H5: a landing sealed after its guest came says so': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    sure(await here.send('r/send', guest.uuid, address));
    assert(sure(await there.seal('r/seal', guest.uuid, 'r/landing')).landed, 'not landed');
    await runsOnly(there, here, guest);
  },
  'H5: a landing sealed before is closed for good': async ({ there, guest }) => {
    sure(await there.receive('r/landing', guest));
    assert(!sure(await there.seal('r/seal', guest.uuid, 'r/landing')).landed, 'landed');
    assert((await on(there, guest)) === undefined, 'the landing is still there');
    refused(await there.receive('r/landing', guest), 'closed');
  },
  'H4, H5: sealed while the guest is on its way, it is in one place': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const sending = here.send('r/send', guest.uuid, address);
    const { landed } = sure(await there.seal('r/seal', guest.uuid, 'r/landing'));
    const sent = await sending;
    assert((sent.is === 'done') === landed, `sealed ${landed}, sent ${sent.is}`);
    await (landed ? runsOnly(there, here, guest) : runsOnly(here, there, guest));
  },
  'a hastened sending comes to its end': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const sending = here.send('r/send', guest.uuid, address);
    while ((await here.progress(guest.uuid)).is === 'done') {
      if (sure(await here.progress(guest.uuid)) !== null) break;
    }
    refused(await here.hasten('r/other', guest.uuid, 's/send'), 'failed');
    refused(await here.abort('r/another', guest.uuid, 's/send'), 'failed');
    await here.hasten('r/hasten', guest.uuid, 'r/send');
    sure(await sending);
    await runsOnly(there, here, guest);
    refused(await here.hasten('r/again', guest.uuid), 'failed');
  },
  'an aborted sending leaves the guest where it was': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const sending = here.send('r/send', guest.uuid, address);
    while ((await here.progress(guest.uuid)).is === 'done') {
      if (sure(await here.progress(guest.uuid)) !== null) break;
    }
    const aborted = await here.abort('r/abort', guest.uuid);
    const sent = await sending;
    assert((sent.is === 'done') !== (aborted.is === 'done'), `${aborted.is}, ${sent.is}`);
    await (sent.is === 'done' ? runsOnly(there, here, guest) : on(here, guest));
    refused(await here.abort('r/again', guest.uuid), 'failed');
  },
  'H8: a guest that is set aside is off, and comes back as it was': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    sure(await here.park('r/park', guest.uuid, 0));
    sure(await here.park('r/park', guest.uuid, 0));
    const { parked, power, made_by } = await alone(here, guest);
    assert(parked && power === 'off' && made_by === 'r/park', `${parked}, ${power}, ${made_by}`);
    refused(await here.power('r/start', guest.uuid, 'running', 0), 'unknown-guest');
    refused(await here.boot('r/boot', guest), 'closed');
    sure(await here.unpark('r/back', guest.uuid, 'r/park'));
    sure(await here.unpark('r/back', guest.uuid, 'r/park'));
    await runsOnly(here, there, guest);
    refused(await here.park('r/park', guest.uuid, 0), 'closed');
  },
  'H8: one that was off comes back off': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'off');
    sure(await here.park('r/park', guest.uuid, 0));
    sure(await here.unpark('r/back', guest.uuid, 'r/park'));
    assert((await alone(here, guest)).power === 'off', 'it runs');
    sure(await here.power('r/on', guest.uuid, 'running', 0));
  },
  'what was never set aside is brought back at once, and never will be': async (lab) => {
    const { here, guest } = lab;
    sure(await here.boot('r/boot', guest));
    sure(await here.unpark('r/back', guest.uuid, 'r/park'));
    refused(await here.park('r/park', guest.uuid, 0), 'closed');
    assert((await alone(here, guest)).power === 'running', 'it does not run');
  },
  'a guest that was set aside is shipped elsewhere, off and with new sizes': async (lab) => {
    const { here, there, guest } = lab;
    const larger = { ...guest, memory_mib: guest.memory_mib + 32 };
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', larger, true));
    assert((await alone(there, guest)).awaited, 'not awaited');
    sure(await here.park('r/park', guest.uuid, 0));
    sure(await here.ship('r/ship', guest.uuid, 'r/park', address));
    sure(await here.ship('r/ship', guest.uuid, 'r/park', address));
    assert((await alone(here, guest)).parked, 'no longer set aside');
    const landed = await alone(there, guest);
    const { memory_mib } = landed.spec;
    assert(landed.power === 'off' && !landed.awaited, JSON.stringify(landed));
    assert(landed.made_by === 'r/landing' && memory_mib === larger.memory_mib, 'not as awaited');
    await switched(there, guest, 'running');
    sure(await here.destroy('r/clear', guest.uuid, 'r/park'));
    await runsOnly(there, here, guest);
  },
  'a guest is resized beside itself, and goes back': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await here.receive('r/landing', guest, true));
    sure(await here.park('r/park', guest.uuid, 0));
    sure(await here.ship('r/ship', guest.uuid, 'r/park', address));
    await switched(here, guest, 'running');
    refused(await here.unpark('r/back', guest.uuid, 'r/park'), 'exists');
    sure(await here.destroy('r/undo', guest.uuid, 'r/landing'));
    assert((await alone(here, guest)).parked, 'the other one is gone');
    sure(await here.unpark('s/back', guest.uuid, 'r/park'));
    assert((await alone(here, guest)).power === 'running', 'it does not run');
  },
  'a cold landing that was destroyed takes nothing': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest, true));
    sure(await here.park('r/park', guest.uuid, 0));
    sure(await there.close('r/landing'));
    sure(await there.destroy('r/undo', guest.uuid, 'r/landing'));
    assert((await here.ship('r/ship', guest.uuid, 'r/park', address)).is === 'no', 'it was taken');
    assert(sure(await there.guests()).length === 0, 'something is left there');
    sure(await here.destroy('r/end', guest.uuid));
    assert(sure(await here.guests()).length === 0, 'something is left here');
  },
};
