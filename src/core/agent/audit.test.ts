/**
 * Goal: the audit finds what differs between the ledger and a host, repairs what nobody owns, and
 * harms nothing when its picture is old; what is known to go wrong elsewhere with audits (D-RT7,
 * D-RT9, D-RT10) goes right here.
 * Method: a real ledger, agent and wire on a simulated machine; rows and guests put where a lost
 * answer, a waived step or a power cut leaves them.
 * Mutants tried: `made_by` left out of the order (the later landing is destroyed); `before` taken
 * after the list; runs of a server not asked for; a stuck run's hold freed; no second round for a
 * host that was asked for meanwhile; repairs that are not looked at again; what is aside destroyed;
 * holds of the root alone; a lost move that is taken for none; a host that is clean but for what an
 * operation owns taken for clean.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { runs } from '../conductor/rows.ts';
import { claimAll } from '../ledger/claim.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { createProvider } from '../ledger/provider.ts';
import { VCPU } from '../ledger/standard.ts';
import { done } from '../ports/reply.ts';
import { servers } from '../servers/rows.ts';
import { claim, run, server, spec, world } from './audit.fixture.ts';

test('a server with its guest and its hold: nothing to say', async () => {
  const { write, boot, found, orders, guests } = await world();
  await boot();
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  deepEqual(await found(), []);
  deepEqual(
    orders.map(({ verb }) => verb),
    ['list'],
  );
  deepEqual(guests(), ['c/boot running']);
});

test('a guest whose server was deleted is destroyed, and its step is closed', async () => {
  const { boot, found, guests } = await world();
  await boot();
  deepEqual(await found(), ['unknown-guest']);
  deepEqual(guests(), []);
  const late = await boot();
  ok(late.is === 'no' && late.why.why === 'closed');
});

test('a guest that crashed with its host is started again', async () => {
  const { write, boot, found, guests, hypervisor } = await world();
  await boot();
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  hypervisor.die();
  hypervisor.comeBack();
  deepEqual(guests(), ['c/boot crashed']);
  deepEqual(await found(), ['crashed']);
  deepEqual(guests(), ['c/boot running']);
  deepEqual(await found(), []);
});

test('what somebody takes over while others are put right is left to them', async () => {
  const { write, boot, found, guests, hypervisor, agent, play, ledger, ways } = await world();
  await boot();
  await play(agent.handle({ verb: 'boot', key: 'd/boot', guest: { ...spec, uuid: 't' } }));
  await write((draft) => {
    for (const uuid of ['s', 't']) {
      draft.put(servers, server('h', { uuid }));
      claim(draft, uuid);
    }
  });
  hypervisor.die();
  hypervisor.comeBack();
  ways.back = async ({ verb }) => {
    if (verb !== 'power') return;
    // It is being evacuated: the first repair took its time.
    await ledger.submit((draft) =>
      done(draft.put(servers, server('h', { uuid: 't', run_id: 'r' }))),
    );
  };
  deepEqual(await found(), ['crashed', 'crashed']);
  deepEqual(guests(), ['c/boot running', 'd/boot crashed']);
});

test('what a move set aside is brought back when its undo was not heard', async () => {
  const { write, boot, found, guests, agent, play } = await world();
  await boot();
  await play(agent.handle({ verb: 'park', key: 'm/park', uuid: 's', grace_ms: 0 }));
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  deepEqual(await found(), ['left-aside', 'no-guest']);
  deepEqual(guests(), ['audit/me/1/unpark/s running']);
  deepEqual(await found(), []);
});

test('a late start harms nothing that was switched meanwhile', async () => {
  const { write, boot, found, guests, hypervisor, agent, play } = await world();
  await boot();
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  hypervisor.die();
  hypervisor.comeBack();
  const off = { verb: 'power', key: 'r/switch', uuid: 's', to: 'off', grace_ms: 0 } as const;
  await play(agent.handle<'power'>(off));
  const late = { ...off, key: 'audit/late', to: 'running', after: 'c/boot' } as const;
  equal((await play(agent.handle<'power'>(late))).is, 'done');
  deepEqual(guests(), ['c/boot off']);
  await write((draft) => draft.put(servers, server('h', { vm_state: 'stopped' })));
  deepEqual(await found(), []);
});

test('a guest that shut itself down makes its server stopped, and is not started', async () => {
  const { write, boot, found, guests, agent, play, ledger } = await world();
  await boot();
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  const off = { verb: 'power', key: 'by itself', uuid: 's', to: 'off', grace_ms: 0 } as const;
  await play(agent.handle<'power'>(off));
  deepEqual(await found(), ['shut-down']);
  equal(await ledger.read((view) => view.rows(servers).get('s')?.vm_state), 'stopped');
  deepEqual(await found(), []);
  deepEqual(guests(), ['c/boot off']);
});

test('what an operation owns is left alone', async () => {
  const { write, boot, found, guests } = await world();
  await boot();
  await write((draft) => draft.put(servers, server('elsewhere', { run_id: 'r' })));
  deepEqual(await found(), []);
  await write((draft) => {
    draft.put(servers, server('elsewhere'));
    draft.put(runs, { ...run('running'), server_uuid: 's' });
  });
  deepEqual(await found(), []);
  deepEqual(guests(), ['c/boot running']);
});

test('what a move left here is destroyed once its server is gone, wherever that was', async () => {
  const { write, boot, found, guests } = await world();
  await boot();
  await write((draft) => draft.put(servers, server('another', { run_id: 'r' })));
  deepEqual(await found(), []);
  deepEqual(guests(), ['c/boot running']);
  await write((draft) => draft.remove(servers, server('another')));
  deepEqual(await found(), ['unknown-guest']);
  deepEqual(guests(), []);
});

test('an old picture does no harm: a later landing of the same server stays', async () => {
  const { write, boot, found, guests, ways, agent, play, orders } = await world();
  await boot();
  await write((draft) => draft.put(servers, server('elsewhere')));
  ways.back = async ({ verb }) => {
    if (verb !== 'list') return;
    // After the picture was taken: the stray guest goes, and a move of the server comes here.
    await agent.handle({ verb: 'destroy', key: 'x/destroy', uuid: 's', closes: null });
    await agent.handle({ verb: 'receive', key: 'm/landing', guest: spec });
  };
  deepEqual(await found(), ['stray-guest']);
  deepEqual(guests(), ['m/landing paused']);
  equal(orders.at(-1)?.verb, 'destroy');
  ways.back = async () => {};
  await write((draft) => draft.put(servers, server('elsewhere', { run_id: 'm' })));
  deepEqual(await found(), []);
  equal((await play(agent.handle({ verb: 'list', key: 'l' }))).is, 'done');
});

test('a hold of an ended run is freed; one of a stranger or a stuck run is not', async () => {
  const { write, found, ledger } = await world();
  await write((draft) => {
    draft.put(runs, run('undone'));
    draft.put(runs, { ...run('stuck'), id: 'q' });
    claim(draft, 'r', 'MIGRATION');
    claim(draft, 'q', 'MIGRATION');
    claim(draft, 'stranger');
  });
  deepEqual(await found(), ['leaked-hold', 'strange-hold']);
  const left = await ledger.read(({ books }) => [...books.consumers.keys()]);
  deepEqual(left, ['q', 'stranger']);
});

test('D-RT10: a server that was booted while the host was asked is not missed', async () => {
  const { write, found, ways, agent, ledger } = await world();
  await write((draft) => {
    draft.put(servers, server('h', { vm_state: 'building', run_id: 'c' }));
    claim(draft, 's');
  });
  ways.back = async ({ verb }) => {
    if (verb !== 'list') return;
    ways.back = async () => {};
    await agent.handle({ verb: 'boot', key: 'c/boot', guest: spec });
    await ledger.submit((draft) => {
      draft.put(servers, server('h'));
      return done(undefined);
    });
  };
  deepEqual(await found(), []);
});

test('a host that reports while it is audited is audited once more', async () => {
  const { audit, orders, play, ways } = await world();
  let asked = 0;
  ways.back = async () => {
    if (asked++ === 0) void audit.host('h');
  };
  await play(audit.host('h'));
  deepEqual(
    orders.map(({ verb }) => verb),
    ['list', 'list'],
  );
});

test('D-RT7: a move of which half is lost does not keep its host from being audited', async () => {
  const { write, boot, found, guests, hypervisor } = await world();
  await boot();
  hypervisor.die();
  hypervisor.comeBack();
  await write((draft) => {
    draft.put(runs, { ...run('running'), server_uuid: 'never was' });
    draft.put(servers, server('h', { uuid: 't', vm_state: 'resized' }));
    draft.put(servers, server('h'));
    for (const uuid of ['s', 't', 'r']) claim(draft, uuid);
  });
  deepEqual((await found()).toSorted(), ['crashed', 'no-move']);
  deepEqual(guests(), ['c/boot running']);
});

test('D-RT9: what an ended run holds below the host alone is seen, and freed', async () => {
  const { write, found, ledger } = await world();
  await write((draft) => {
    const root = draft.books.providerNamed('h')?.id as number;
    const { uuid } = draft.books.row(root);
    const made = createProvider(draft, { uuid: 'card', name: 'card of h', parent_uuid: uuid });
    ok(made.is === 'done');
    const { id } = draft.books.providerNamed('card of h') as { id: number };
    putInventory(draft, id, plainInventory(VCPU, 1));
    draft.put(runs, run('done'));
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'MIGRATION' };
    const amounts = [{ provider_id: id, resource_class_id: VCPU, amount: 1 }];
    equal(claimAll(draft, [{ consumer_uuid: 'r', ...owner, amounts }]).is, 'done');
  });
  deepEqual(await found(), ['leaked-hold']);
  equal(await ledger.read(({ books }) => books.consumers.size), 0);
});
