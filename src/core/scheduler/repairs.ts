/**
 * Repairs: what would make a refused request fit, each tried before it is offered.
 *
 *   host's only objection     repair
 *   availability-zone         other-zone        ┐
 *   named-hosts               any-host          │ a change of the request
 *   traits                    drop-traits       │
 *   group                     relax-group       ┘
 *   enabled                   enable-host       ┐
 *   whatever room cures       free              │ a change of the fleet
 *   traits                    change-traits     ┘
 *   (any)                     smaller-flavor    a change of the request
 *
 *   RP1  the real filters let a host take it once the repair is made, and only then;
 *   RP2  a kind is tried on the nearest WITNESSES_MAX hosts alone, so a refusal costs one look at
 *        every host and a constant number of trials, whatever the size of the fleet;
 *   RP3  the cheapest comes first: words of the request, then a switch, then what loses something.
 */
import { present } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Against } from './against.ts';
import type { Repair } from './ask.ts';
import type { Request } from './plugin.ts';
import { type AskFor, smallerFlavor } from './repairs-flavor.ts';
import { freeRoom } from './repairs-room.ts';
import {
  anyHost,
  changeTraits,
  dropTraits,
  enableHost,
  otherZone,
  relaxGroup,
} from './repairs-simple.ts';

/** On how many hosts each kind of repair is tried. */
const WITNESSES_MAX = 3;

/** Makes the repair for this host and tries it; null: it does not help. */
type Mender = (draft: Draft, request: Request, one: Against) => Repair | null;

/** RP3. The name of the only filter that speaks against the host, and what cures that. */
const menders: readonly (readonly [filter: string, mend: Mender])[] = [
  ['availability-zone', otherZone],
  ['named-hosts', anyHost],
  ['enabled', enableHost],
  ['traits', dropTraits],
  ['group', relaxGroup],
];

export function repairsFor(
  draft: Draft,
  request: Request,
  against: readonly Against[],
  askFor: AskFor,
): readonly Repair[] {
  const simple = menders.map(([filter, mend]) => first(draft, request, against, filter, mend));
  const all = [
    ...simple,
    smallerFlavor(draft, request, against, askFor),
    freeRoom(draft, request, against),
    first(draft, request, against, 'traits', changeTraits),
  ];
  return all.filter((repair) => repair !== null);
}

function first(
  draft: Draft,
  request: Request,
  against: readonly Against[],
  filter: string,
  mend: Mender,
): Repair | null {
  const witnesses = against.filter(({ objections }) => onlyBy(objections, filter));
  for (const one of witnesses.slice(0, WITNESSES_MAX)) {
    const repair = mend(draft, request, one);
    if (repair !== null) return repair;
  }
  return null;
}

const onlyBy = (objections: Against['objections'], filter: string): boolean =>
  objections.length === 1 && present(objections[0], 'the one').filter === filter;
