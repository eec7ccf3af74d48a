/** The names of all tests, read from their sources: tables of them cannot drift from these. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources, also for tests that run from what was built. */
export const src = fileURLToPath(new URL('../../../src', import.meta.url));

export interface Named {
  readonly file: string;
  readonly name: string;
}

/** Every name in a test's source: of a test, or of a scenario that is told. */
export const named: readonly Named[] = globSync('**/*.test.ts', { cwd: src })
  .toSorted()
  .flatMap((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const names = text.matchAll(/^\s*(?:test\(\s*)?(?:'([^'\n]{12,})'|"([^"\n]{12,})")[,:]/gm);
    return [...names].map(([, plain, quoted]) => ({ file: path, name: plain ?? quoted ?? '' }));
  });
