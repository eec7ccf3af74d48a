/** Traits, standard and custom: /traits, from 1.6 on. */
import { createTrait, type NameRefusal, removeTrait } from '../../ledger/names.ts';
import { lastOf, type Query } from '../query.ts';
import { fresh, freshness, location, NO_CONTENT, newest } from './answers.ts';
import { CUSTOM_PATTERN, NAME_MAX } from './bodies.ts';
import { type Fault, fault } from './fault.ts';
import { knownOnly } from './query-rules.ts';
import { type Ask, endpoint, read, write } from './route.ts';

const PATH = '/traits';

const nameOf = (ask: Ask): string => ask.request.params['name'] as string;

const list = endpoint({
  method: 'GET',
  path: PATH,
  since: 6,
  rule: 'placement:traits:list',
  json: true,
  query: (query) => knownOnly(query, { name: {}, associated: {} }) ?? wrongFilter(query),
  handle: (ask) =>
    read(ask, (books) => {
      const named = nameFilter(lastOf(ask.query, 'name'));
      const associated = lastOf(ask.query, 'associated')?.toLowerCase();
      const rows = [...books.traits.values()].filter(({ id, name }) => {
        const held = (books.traitBits.get(id)?.size ?? 0) > 0;
        return named(name) && (associated === undefined || held === (associated === 'true'));
      });
      const body = { traits: rows.map((row) => row.name) };
      return fresh(ask, body, newest(rows.map((row) => row.updated_at_ms)));
    }),
});

function wrongFilter(query: Query): Fault | null {
  const name = lastOf(query, 'name');
  if (name !== undefined && !/^(in|startswith):/.test(name)) {
    return fault(
      400,
      'Badly formatted name parameter. Expected name query string parameter in form: ' +
        `?name=[in|startswith]:[name1,name2|prefix]. Got: "${name}"`,
    );
  }
  const associated = lastOf(query, 'associated');
  if (associated === undefined || /^(true|false)$/i.test(associated)) return null;
  return fault(400, 'The query parameter "associated" only accepts "true" or "false"');
}

function nameFilter(text: string | undefined): (name: string) => boolean {
  if (text === undefined) return () => true;
  const wanted = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('startswith:')) return (name) => name.startsWith(wanted);
  const names = new Set(wanted.split(','));
  return (name) => names.has(name);
}

const show = endpoint({
  method: 'GET',
  path: `${PATH}/:name`,
  since: 6,
  rule: 'placement:traits:show',
  handle: (ask) =>
    read(ask, (books) => {
      const row = books.traitByName.get(nameOf(ask));
      if (row === undefined) return unknownTrait(nameOf(ask));
      return { status: 204, headers: freshness(ask, row.updated_at_ms) };
    }),
});

const update = endpoint({
  method: 'PUT',
  path: `${PATH}/:name`,
  since: 6,
  rule: 'placement:traits:update',
  handle: (ask) => {
    const name = nameOf(ask);
    if (name.length > NAME_MAX || !new RegExp(CUSTOM_PATTERN).test(name)) return invalidName;
    return write(ask, (draft) => {
      const there = draft.books.traitByName.get(name);
      const made = there === undefined ? createTrait(draft, name) : null;
      if (made?.is === 'no') return words(name, made.why);
      const modified_ms = there?.updated_at_ms ?? draft.now_ms;
      const where = { location: location(ask, `${PATH}/${name}`) };
      const headers = { ...where, ...freshness(ask, modified_ms) };
      return { status: there === undefined ? 201 : 204, headers };
    });
  },
});

const invalidName = fault(
  400,
  'The trait is invalid. A valid trait must be no longer than 255 characters, start with the ' +
    'prefix "CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"',
);

const remove = endpoint({
  method: 'DELETE',
  path: `${PATH}/:name`,
  since: 6,
  rule: 'placement:traits:delete',
  handle: (ask) =>
    write(ask, (draft) => {
      const gone = removeTrait(draft, nameOf(ask));
      return gone.is === 'no' ? words(nameOf(ask), gone.why) : NO_CONTENT;
    }),
});

const unknownTrait = (name: string): Fault => fault(404, `No such trait(s): ${name}.`);

function words(name: string, refusal: NameRefusal): Fault {
  switch (refusal.why) {
    case 'unknown':
      return unknownTrait(name);
    case 'name-taken':
      return fault(409, `The trait ${name} already exists.`);
    case 'standard':
      return fault(400, `Cannot delete standard trait ${name}.`);
    case 'in-use':
      return fault(409, `The trait ${name} is in use by a resource provider.`);
  }
}

export const traitRoutes = [list, show, update, remove];
