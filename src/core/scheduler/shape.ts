/** Finds the shape of a request: what it shares with others, by the ids that names have now. */
import { byText } from '../base/order.ts';
import type { Books } from '../ledger/books.ts';
import type { Ask } from './ask.ts';
import type { NamedId, Request, Shape } from './plugin.ts';

const UNKNOWN = -1;

/** The request as filters see it. */
export function requestOf(books: Books, ask: Ask): Request {
  const group = ask.group === null ? null : (books.slotGroups.get(ask.group.uuid) ?? null);
  return { ...shapeOf(books, ask, group?.policy === 'soft-affinity'), ask, group };
}

function shapeOf(books: Books, ask: Ask, gathers: boolean): Shape {
  const { nodes, availability_zone, policy } = ask;
  const resources = Object.entries(ask.resources)
    .filter(([, amount]) => amount > 0)
    .sort(([a], [b]) => byText(a, b));
  const required = ask.required_traits.toSorted(byText);
  const forbidden = ask.forbidden_traits.toSorted(byText);
  const parts = [resources, required, forbidden, nodes, availability_zone, policy, gathers];
  return {
    key: JSON.stringify(parts),
    resources: resources.map(([name, amount]) => ({ name, id: classId(books, name), amount })),
    required: required.map((name) => ({ name, id: traitId(books, name) })),
    forbidden: forbidden.map((name) => ({ name, id: traitId(books, name) })),
    nodes,
    availability_zone,
    policy,
    gathers,
  };
}

/** Whether both mean the same providers: a name may have gone, and come back with another id. */
export const sameIds = (a: Shape, b: Shape): boolean =>
  same(a.resources, b.resources) && same(a.required, b.required) && same(a.forbidden, b.forbidden);

const same = (a: readonly NamedId[], b: readonly NamedId[]): boolean =>
  a.every(({ id }, at) => id === b[at]?.id);

const classId = (books: Books, name: string) => books.classByName.get(name)?.id ?? UNKNOWN;
const traitId = (books: Books, name: string) => books.traitByName.get(name)?.id ?? UNKNOWN;
