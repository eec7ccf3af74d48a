/** GET /flavors/:flavor/fits: how many more servers of a flavor fit, where, and after a loss. */
import { type Static, Type } from 'typebox';
import { byText } from '../../base/order.ts';
import { hosts } from '../../fleet/rows.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import type { Unavailable } from '../../ledger/ledger.ts';
import { type Decision, done, no, type Reply } from '../../ports/reply.ts';
import type { Ask } from '../../scheduler/ask.ts';
import type { Scheduler } from '../../scheduler/decide.ts';
import { countFits, type Fits } from '../../scheduler/fits.ts';
import { fitsAfter, type LossFits, lossesOf } from '../../scheduler/fits-losses.ts';
import type { AskFacts } from '../../scheduler/request.ts';
import { type FlavorRow, flavors } from '../../servers/rows.ts';
import { FlavorFits } from './fits-schemas.ts';
import type { PlimsollRooms } from './rooms.ts';
import { type Answered, found, missing, own, refused, written } from './route.ts';

/** How many hosts are listed. */
const HOSTS_LISTED_MAX = 1_000;

const Query = Type.Object({
  availability_zone: Type.Optional(Type.String({ description: 'only there' })),
  project_id: Type.Optional(Type.String({ description: 'as a request of this project' })),
  image_id: Type.Optional(Type.String({ description: 'with what this image asks for' })),
});

export const showFits = own({
  method: 'GET',
  path: '/flavors/:flavor/fits',
  summary: 'How many more servers of a flavor (id or name) fit, where, and how many after a loss',
  audience: 'operator',
  query: Query,
  reply: Type.Object({ fits: FlavorFits }),
  refusals: { 409: 'the flavor contradicts itself, or two flavors have that name' },
  handle: async ({ params: { flavor = '' }, query }, rooms) => {
    const { ledger, scheduler } = rooms;
    const reply = await ledger.submit((draft) => done(count(draft, scheduler, flavor, query)));
    if (reply.is !== 'done') return written(reply, never, never);
    const counted = reply.value;
    if (counted.is === 'no') return counted.why;
    const losses = await countLosses(rooms, counted.value.ask);
    if (losses.is !== 'done') return written(losses, never, never);
    return found({ fits: { ...counted.value.body, losses: losses.value } });
  },
});

/** Never asked: it was neither done, nor refused for a reason of its own. */
const never = (none: never): Answered => none;

/** A ledger request each, so that others get their turns in between. */
async function countLosses(
  { ledger, scheduler }: PlimsollRooms,
  ask: Ask,
): Promise<Reply<readonly LossFits[], Unavailable>> {
  const found: LossFits[] = [];
  for (const lost of await ledger.read((view) => lossesOf(view, ask))) {
    const reply = await ledger.submit((draft) => done(fitsAfter(draft, scheduler, ask, lost)));
    if (reply.is !== 'done') return reply;
    found.push(reply.value);
  }
  return done(found);
}

interface Counted {
  readonly ask: Ask;
  readonly body: Omit<Static<typeof FlavorFits>, 'losses'>;
}

function count(
  draft: Draft,
  scheduler: Scheduler,
  name: string,
  about: Static<typeof Query>,
): Decision<Counted, Answered> {
  const flavor = flavorNamed(draft, name);
  if (flavor.is === 'no') return flavor;
  const ask = scheduler.askFor(draft, serverOf(flavor.value, about), anywhere);
  if (ask.is === 'no') return no(refused(409, 'contradiction', ask.why));
  const fits = countFits(draft, ask.value);
  const { id: flavor_id, name: called } = flavor.value;
  const decided = fits.more > 0 ? null : scheduler.decide(draft, ask.value);
  const body = {
    flavor_id,
    flavor: called,
    resources: ask.value.resources,
    more: fits.more,
    bound: fits.bound,
    hosts_total: draft.rows(hosts).size,
    zones: zonesOf(fits),
    hosts: fits.hosts.slice(0, HOSTS_LISTED_MAX),
    why: decided?.is === 'no' ? decided.why.summary : null,
  };
  return done({ ask: ask.value, body });
}

const anywhere = { ignore_hosts: [], only_hosts: null };

/** A server of that flavor as it would be asked for. */
const serverOf = (flavor: FlavorRow, about: Static<typeof Query>): AskFacts['server'] => ({
  uuid: 'one more',
  flavor,
  availability_zone: about.availability_zone ?? null,
  group_uuid: null,
  hints: {},
  project_id: about.project_id ?? '',
  image_id: about.image_id ?? null,
});

function flavorNamed(view: View, name: string): Decision<FlavorRow, Answered> {
  const shelf = view.rows(flavors);
  const found = shelf.get(name);
  const named = found === undefined ? shelf.by('name', name) : [found];
  const [only, another] = named;
  if (only === undefined) return no(missing(`flavor ${name}`));
  if (another === undefined) return done(only);
  return no(refused(409, 'ambiguous', `${named.length} flavors are called ${name}: give an id`));
}

function zonesOf({ hosts: some }: Fits): Static<typeof FlavorFits>['zones'] {
  const zones = new Set(some.map((one) => one.availability_zone));
  return [...zones].sort(byText).map((availability_zone) => {
    const there = some.filter((one) => one.availability_zone === availability_zone);
    const more = there.reduce((sum, one) => sum + one.more, 0);
    return { availability_zone, hosts: there.length, more };
  });
}
