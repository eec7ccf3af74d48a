/** Resource classes, standard and custom: /resource_classes, from 1.2 on. */
import { Compile } from 'typebox/compile';
import { createClass, type NameRefusal, removeClass, renameClass } from '../../ledger/names.ts';
import type { ResourceClassRow } from '../../ledger/rows.ts';
import { json } from '../http.ts';
import { fresh, location, NO_CONTENT, newest } from './answers.ts';
import { ClassName, from } from './bodies.ts';
import { complaintOf } from './complaint.ts';
import { type Fault, fault } from './fault.ts';
import { classLinks } from './links.ts';
import { type Answer, type Ask, endpoint, NoBody, read, write } from './route.ts';

const PATH = '/resource_classes';
/** PUT makes a class that is not there, and has no body any more. */
const MADE_BY_PUT_SINCE = 7;

const nameOf = (ask: Ask): string => ask.request.params['name'] as string;

const list = endpoint({
  method: 'GET',
  path: PATH,
  since: 2,
  rule: 'placement:resource_classes:list',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const rows = [...books.classes.values()].toSorted((a, b) => a.id - b.id);
      const body = { resource_classes: rows.map((row) => shown(ask, row)) };
      return fresh(ask, body, newest(rows.map((row) => row.updated_at_ms)));
    }),
});

const show = endpoint({
  method: 'GET',
  path: `${PATH}/:name`,
  since: 2,
  rule: 'placement:resource_classes:show',
  json: true,
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.classByName.get(nameOf(ask));
      if (row === undefined) return unknownClass(nameOf(ask));
      return fresh(ask, shown(ask, row), row.updated_at_ms);
    }),
});

const shown = (ask: Ask, { name }: Pick<ResourceClassRow, 'name'>) => ({
  name,
  links: classLinks(ask.settings.prefix, name),
});

const create = endpoint({
  method: 'POST',
  path: PATH,
  since: 2,
  rule: 'placement:resource_classes:create',
  body: ClassName,
  handle: (ask) => make(ask, ask.body.name),
});

const make = (ask: Ask, name: string): Promise<Answer> =>
  write(ask, (draft) => {
    const made = createClass(draft, name);
    return made.is === 'no' ? words(name, made.why) : { status: 201, headers: whereIs(ask, name) };
  });

const whereIs = (ask: Ask, name: string) => ({ location: location(ask, `${PATH}/${name}`) });

const update = endpoint({
  method: 'PUT',
  path: `${PATH}/:name`,
  since: 2,
  rule: 'placement:resource_classes:update',
  body: from(MADE_BY_PUT_SINCE, ClassName, NoBody),
  handle: (ask): Answer | Promise<Answer> => {
    if (ask.minor >= MADE_BY_PUT_SINCE) return ensure(ask, nameOf(ask));
    return rename(ask, nameOf(ask), (ask.body as { readonly name: string }).name);
  },
});

const rename = (ask: Ask, name: string, to: string): Promise<Answer> =>
  write(ask, (draft) => {
    const renamed = renameClass(draft, name, to);
    if (renamed.is === 'done') return json(200, shown(ask, { name: to }));
    if (renamed.why.why === 'standard') {
      return fault(400, `Cannot update standard resource class ${name}.`);
    }
    if (renamed.why.why !== 'name-taken') return words(name, renamed.why);
    return fault(409, `Resource class already exists: ${to}`);
  });

const named = Compile(ClassName);

/** Makes the class unless it is there. */
function ensure(ask: Ask, name: string): Answer | Promise<Answer> {
  if (!named.Check({ name })) {
    return fault(400, `JSON does not validate: ${complaintOf(ClassName, { name })}`);
  }
  return write(ask, (draft) => {
    const headers = whereIs(ask, name);
    if (draft.books.classByName.has(name)) return { status: 204, headers };
    const made = createClass(draft, name);
    return made.is === 'no' ? words(name, made.why) : { status: 201, headers };
  });
}

const remove = endpoint({
  method: 'DELETE',
  path: `${PATH}/:name`,
  since: 2,
  rule: 'placement:resource_classes:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const gone = removeClass(draft, nameOf(ask));
      return gone.is === 'no' ? words(nameOf(ask), gone.why) : NO_CONTENT;
    }),
});

const unknownClass = (name: string): Fault => fault(404, `No such resource class ${name}.`);

function words(name: string, refusal: NameRefusal): Fault {
  switch (refusal.why) {
    case 'unknown':
      return unknownClass(name);
    case 'name-taken':
      return fault(409, `Conflicting resource class already exists: ${name}`);
    case 'standard':
      return fault(400, deleting(`Cannot delete standard resource class ${name}.`));
    case 'in-use':
      return fault(
        409,
        deleting(`Cannot delete resource class ${name}. Class is in use in inventory.`),
      );
  }
}

const deleting = (why: string): string => `Error in delete resource class: ${why}`;

export const classRoutes = [list, show, create, update, remove];
