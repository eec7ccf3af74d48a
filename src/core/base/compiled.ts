/**
 * A schema that is compiled when it is first used, and once: there are many of them, and a start
 * meets few.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export function compiled<S extends TSchema>(schema: S): () => ReturnType<typeof Compile<S>> {
  let checker: ReturnType<typeof Compile<S>> | null = null;
  return () => {
    checker ??= Compile(schema);
    return checker;
  };
}
