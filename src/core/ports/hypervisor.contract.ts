/** What every Hypervisor promises: H1 to H5, H7 and H8. A driver that passes may be plugged in. */
import { assert } from '../base/units.ts';
import { deadlinePromises } from './hypervisor-deadline.contract.ts';
import { diskPromises } from './hypervisor-disk.contract.ts';
import {
  alone,
  isOnly,
  on,
  type Promises,
  refused,
  runsOnly,
  sure,
  switched,
} from './hypervisor-lab.contract.ts';

export const hypervisorContract: Promises = {
  ...diskPromises,
  ...deadlinePromises,
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
  'keeps what a guest writes on its console': async ({ here, guest }) => {
    sure(await here.boot('r/boot', guest));
    assert(typeof sure(await here.console(guest.uuid)).text === 'string', 'no text');
    refused(await here.console('nobody'), 'unknown-guest');
  },
  'shows what is to be seen of a guest that runs or is paused': async ({ here, guest }) => {
    refused(await here.screenshot('nobody'), 'unknown-guest');
    sure(await here.boot('r/boot', guest));
    isPng(sure(await here.screenshot(guest.uuid)).png);
    await switched(here, guest, 'paused');
    isPng(sure(await here.screenshot(guest.uuid)).png);
    sure(await here.power('r/off', guest.uuid, 'off', 0));
    refused(await here.screenshot(guest.uuid), 'failed');
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
  'H4: a paused guest that is sent is paused there, and goes on there': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'paused');
    const { address } = sure(await there.receive('r/landing', guest));
    sure(await here.send('r/send', guest.uuid, address));
    await isOnly('paused', there, here, guest);
    assert(sure(await there.seal('r/seal', guest.uuid, 'r/landing')).landed, 'not landed');
    await switched(there, guest, 'running', 'paused');
    const back = sure(await here.receive('s/landing', guest));
    sure(await there.send('s/send', guest.uuid, back.address));
    await isOnly('paused', here, there, guest);
  },
  'H4: a paused guest that is not taken stays paused, and may be sent again': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    await switched(here, guest, 'paused');
    const { address } = sure(await there.receive('r/landing', guest));
    const sending = here.send('r/send', guest.uuid, address);
    const { landed } = sure(await there.seal('r/seal', guest.uuid, 'r/landing'));
    const sent = await sending;
    assert((sent.is === 'done') === landed, `sealed ${landed}, sent ${sent.is}`);
    const [where, other] = landed ? [there, here] : [here, there];
    await isOnly('paused', where, other, guest);
    const again = sure(await other.receive('s/landing', guest));
    sure(await where.send('s/send', guest.uuid, again.address));
    await isOnly('paused', other, where, guest);
    refused(await where.send('t/send', guest.uuid, address), 'unknown-guest');
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

/** By how such files begin and end. */
function isPng(base64: string): void {
  const ends = /(ElFTkSuQmCC|SUVORK5CYII=|RU5ErkJggg==)$/.test(base64);
  assert(base64.startsWith('iVBORw0KGgo') && ends, `no PNG file: ${base64.slice(0, 40)}…`);
}
