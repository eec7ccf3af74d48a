/** What every GuestShelf promises: GS1, and GS2 as far as it can be seen from here. */
import { assert } from '../base/units.ts';
import type { GuestShelf } from './guest-shelf.ts';

/** A place to try a shelf in: `reopen` is the same shelf as the program's next life finds it. */
export interface ShelfLab {
  readonly shelf: GuestShelf;
  readonly reopen: () => GuestShelf;
}

async function loaded(shelf: GuestShelf): Promise<string> {
  const reply = await shelf.load();
  assert(reply.is === 'done', `load answered ${reply.is}`);
  return JSON.stringify(reply.value);
}

export const guestShelfContract: Readonly<Record<string, (lab: ShelfLab) => Promise<void>>> = {
  'is empty at first': async ({ shelf }) => {
    assert((await loaded(shelf)) === 'null', 'something was there before anything was saved');
  },
  'gives back what was saved, in this life and the next': async ({ shelf, reopen }) => {
    const value = { guests: [{ uuid: 'a', size: 1.5, none: null }], text: 'ü “x”\n' };
    assert((await shelf.save(value)).is === 'done', 'not saved');
    assert((await loaded(shelf)) === JSON.stringify(value), 'not as saved');
    assert((await loaded(reopen())) === JSON.stringify(value), 'not as saved, after a restart');
  },
  'the last save wins, a shorter one too': async ({ shelf, reopen }) => {
    await shelf.save({ text: 'long '.repeat(1000) });
    await shelf.save([1]);
    assert((await loaded(reopen())) === '[1]', 'an older value, or a mixture');
  },
  'saves asked for at once are all answered, and the last of them is kept': async (lab) => {
    const saves = [1, 2, 3, 4, 5].map((n) => lab.shelf.save(n));
    for (const reply of await Promise.all(saves)) assert(reply.is === 'done', 'not saved');
    assert((await loaded(lab.reopen())) === '5', 'an older value was kept');
  },
  'a value that changes after it was handed over is kept as it was': async ({ shelf }) => {
    const value = { count: 1 };
    const saved = shelf.save(value);
    value.count = 2;
    await saved;
    assert((await loaded(shelf)) === '{"count":1}', 'kept as it became');
  },
};
