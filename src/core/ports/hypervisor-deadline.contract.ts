/** What every Hypervisor promises of a sending's deadline. Part of hypervisor.contract.ts. */
import { assert } from '../base/units.ts';
import { on, type Promises, refused, runsOnly, sure } from './hypervisor-lab.contract.ts';

const LONG_MS = 3_600_000;

export const deadlinePromises: Promises = {
  'deadline: what is not done by then is aborted, and may be sent again': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const deadline = { after_ms: 0, action: 'abort' } as const;
    refused(await here.send('r/send', guest.uuid, address, deadline), 'aborted');
    assert((await on(here, guest))?.power === 'running', 'it does not run here any more');
    assert(sure(await here.progress(guest.uuid)) === null, 'it is being sent still');
    sure(await there.destroy('r/undo', guest.uuid));
    const again = sure(await there.receive('s/landing', guest));
    sure(await here.send('s/send', guest.uuid, again.address, { ...deadline, after_ms: LONG_MS }));
    await runsOnly(there, here, guest);
  },
  'deadline: what is not done by then comes to its end with a pause': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    sure(await here.send('r/send', guest.uuid, address, { after_ms: 0, action: 'pause' }));
    await runsOnly(there, here, guest);
  },
  'deadline: what is not done by then goes on there, and the rest of it follows': async (lab) => {
    const { here, there, guest } = lab;
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const deadline = { after_ms: 0, action: 'post-copy' } as const;
    sure(await here.send('r/send', guest.uuid, address, deadline));
    await runsOnly(there, here, guest);
    assert(sure(await there.seal('r/seal', guest.uuid, 'r/landing')).landed, 'not landed');
    const back = sure(await here.receive('s/landing', guest));
    sure(await there.send('s/send', guest.uuid, back.address));
    await runsOnly(here, there, guest);
  },
  'deadline: how long until then is told': async ({ here, there, guest }) => {
    sure(await here.boot('r/boot', guest));
    const { address } = sure(await there.receive('r/landing', guest));
    const deadline = { after_ms: LONG_MS, action: 'abort' } as const;
    const sending = here.send('r/send', guest.uuid, address, deadline);
    let seen = sure(await here.progress(guest.uuid));
    while (seen === null) seen = sure(await here.progress(guest.uuid));
    const { in_ms = 0, action } = seen.deadline ?? {};
    assert(action === 'abort' && in_ms > 0 && in_ms <= LONG_MS, JSON.stringify(seen));
    sure(await sending);
    await runsOnly(there, here, guest);
  },
};
