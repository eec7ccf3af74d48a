/** Resource classes and traits by name; a CUSTOM_ one that is new is made on the way. */
import type { Draft } from '../ledger/draft.ts';
import { resourceClasses, traits } from '../ledger/rows.ts';
import { nextCustomId } from '../ledger/standard.ts';

/** Undefined: neither standard nor a name that a host may make. */
export function classIdOf(draft: Draft, name: string): number | undefined {
  const { classByName, classes } = draft.books;
  const found = classByName.get(name);
  if (found !== undefined || !CUSTOM.test(name)) return found?.id;
  const id = nextCustomId(classes.keys());
  draft.put(resourceClasses, { id, name, updated_at_ms: draft.now_ms });
  return id;
}

export function traitIdOf(draft: Draft, name: string): number | undefined {
  const { traitByName, traits: known } = draft.books;
  const found = traitByName.get(name);
  if (found !== undefined || !CUSTOM.test(name)) return found?.id;
  const id = nextCustomId(known.keys());
  draft.put(traits, { id, name, updated_at_ms: draft.now_ms });
  return id;
}

const CUSTOM = /^CUSTOM_[A-Z0-9_]{1,248}$/;
