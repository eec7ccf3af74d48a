/** What every Wire promises when nothing befalls it. Both twins are held to it. */
import { assert, millis } from '../base/units.ts';
import type { GuestReport, Order } from './order.ts';
import { done, no } from './reply.ts';
import type { Recipient, Wire } from './wire.ts';

/** A wire, and a way to put agents at its other end. Each promise gets a fresh one. */
export interface WireLab {
  readonly wire: Wire;
  readonly attach: (recipient: Recipient) => void | Promise<void>;
  readonly detach: (host: string) => void | Promise<void>;
}

type Handle = (order: Order) => Promise<unknown>;

const agent = (incarnation: number, handle: Handle, host = 'h'): Recipient => ({
  host,
  incarnation,
  handle: handle as Recipient['handle'],
});
const guest = (made_by: string): GuestReport => ({
  uuid: '0b5cde20-0000-4000-8000-000000000001',
  power: 'running',
  ...{ vcpus: 1, memory_mib: 64, disk_gib: 1 },
  ...{ made_by, switched_by: null, awaited: false, parked: false },
});
const list = { verb: 'list', key: 'run/list' } as const;
const destroy = { verb: 'destroy', key: 'run/destroy', uuid: 'u', closes: 'run/boot' } as const;
const soon = millis(50);

export const wireContract: Readonly<Record<string, (lab: WireLab) => Promise<void>>> = {
  'brings the order as it is, once, and the answer back': async ({ wire, attach }) => {
    const heard: Order[] = [];
    await attach(
      agent(1, async (order) => {
        heard.push(order);
        return done({});
      }),
    );
    const reply = await wire.ask('h', destroy, soon);
    assert(reply.is === 'done', `answered ${reply.is}`);
    assert(JSON.stringify(heard) === JSON.stringify([destroy]), JSON.stringify(heard));
  },
  'brings it to the host that was meant': async ({ wire, attach }) => {
    await attach(agent(1, async () => done({ guests: [guest('h')] })));
    await attach(agent(1, async () => done({ guests: [guest('g')] }), 'g'));
    const reply = await wire.ask('g', list, soon);
    assert(
      JSON.stringify(reply) === JSON.stringify(done({ guests: [guest('g')] })),
      'from elsewhere',
    );
  },
  'brings a refusal back': async ({ wire, attach }) => {
    await attach(agent(1, async () => no({ why: 'closed' })));
    const reply = await wire.ask('h', destroy, soon);
    assert(reply.is === 'no' && reply.why.why === 'closed', JSON.stringify(reply));
  },
  'is lost where nobody listens, or nobody any more': async ({ wire, attach, detach }) => {
    assert((await wire.ask('nobody', list, soon)).is === 'lost', 'somebody answered');
    await attach(agent(1, async () => done({ guests: [] })));
    await detach('h');
    assert((await wire.ask('h', list, soon)).is === 'lost', 'a detached agent answered');
  },
  'is lost when the agent does not answer in time': async ({ wire, attach }) => {
    await attach(agent(1, () => new Promise(() => {})));
    assert((await wire.ask('h', list, soon)).is === 'lost', 'answered by nobody');
  },
  'never hands an order to a later life than it was asked for': async ({ wire, attach }) => {
    const heard: number[] = [];
    const life = (n: number) =>
      agent(n, async () => {
        heard.push(n);
        return done({ guests: [] });
      });
    await attach(life(1));
    const asked = wire.ask('h', list, soon);
    await attach(life(2));
    const reply = await asked;
    assert(!heard.includes(2), 'an order for life 1 reached life 2');
    assert((reply.is === 'done') === heard.includes(1), `${reply.is}, heard by ${heard.join()}`);
    assert((await wire.ask('h', list, soon)).is === 'done', 'the new life is not asked');
    assert(heard.at(-1) === 2, 'the new life was not reached');
  },
};
