/** Finds the shape of a request: what it shares with others, by the ids that names have now. */
import { byText } from '../base/order.ts';
import type { Books } from '../ledger/books.ts';
import type { About, Ask, AskGroup } from './ask.ts';
import type { Alike, NamedId, Request, Shape, WantedGroup } from './plugin.ts';

const UNKNOWN = -1;

/** The request as filters see it. */
export function requestOf(books: Books, ask: Ask): Request {
  const group = ask.group === null ? null : (books.slotGroups.get(ask.group.uuid) ?? null);
  return { ...shapeOf(books, ask, group?.policy === 'soft-affinity'), ask, group };
}

function shapeOf(books: Books, ask: Ask, gathers: boolean): Shape {
  const {
    nodes,
    devices = [],
    availability_zone,
    policy,
    groups,
    group_policy,
    lifetime = null,
  } = ask;
  const unsuffixed = wantedOf(books, { suffix: '', ...ask });
  const suffixed = groups.map((group) => wantedOf(books, group));
  const isolate = group_policy === 'isolate';
  const parts = [plainly(unsuffixed), suffixed.map(plainly), isolate];
  const { metrics } = ask.about.options;
  const alike = alikeOf(ask.about);
  return {
    key: JSON.stringify([
      ...parts,
      nodes,
      devices,
      availability_zone,
      policy,
      gathers,
      lifetime,
      metrics,
      alike,
    ]),
    ...unsuffixed,
    groups: suffixed,
    isolate,
    nodes,
    devices,
    availability_zone,
    policy,
    gathers,
    lifetime,
    metrics,
    alike,
  };
}

const none: readonly never[] = [];

function alikeOf({ image, options: { image_props } }: About): readonly Alike[] {
  if (image_props === null) return none;
  const said = Object.keys(image_props);
  return (said.length > 0 ? said : Object.keys(image).sort(byText)).flatMap((property) => {
    const value = image[property];
    return value === undefined ? [] : [{ property, value, weight: image_props[property] ?? 1 }];
  });
}

function wantedOf(books: Books, asked: AskGroup): WantedGroup {
  const resources = Object.entries(asked.resources)
    .filter(([, amount]) => amount > 0)
    .sort(([a], [b]) => byText(a, b));
  const traits = (names: readonly string[]) =>
    names.toSorted(byText).map((name) => ({ name, id: traitId(books, name) }));
  return {
    suffix: asked.suffix,
    resources: resources.map(([name, amount]) => ({ name, id: classId(books, name), amount })),
    required: traits(asked.required_traits),
    forbidden: traits(asked.forbidden_traits),
  };
}

/** By name alone: ids are compared apart (`sameIds`). */
const plainly = ({ suffix, resources, required, forbidden }: WantedGroup) => [
  suffix,
  resources.map(({ name, amount }) => [name, amount]),
  required.map(({ name }) => name),
  forbidden.map(({ name }) => name),
];

/** Whether both mean the same providers: a name may have gone, and come back with another id. */
export const sameIds = (a: Shape, b: Shape): boolean =>
  alike(a, b) && a.groups.every((group, at) => alike(group, b.groups[at] as WantedGroup));

type Wants = Omit<WantedGroup, 'suffix'>;
const alike = (a: Wants, b: Wants): boolean =>
  same(a.resources, b.resources) && same(a.required, b.required) && same(a.forbidden, b.forbidden);

const same = (a: readonly NamedId[], b: readonly NamedId[]): boolean =>
  a.every(({ id }, at) => id === b[at]?.id);

const classId = (books: Books, name: string) => books.classByName.get(name)?.id ?? UNKNOWN;
const traitId = (books: Books, name: string) => books.traitByName.get(name)?.id ?? UNKNOWN;
