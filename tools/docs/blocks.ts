/**
 * Our documents as data: their code blocks and their links, so that neither goes stale unseen.
 *
 *   ```ts                       is type-checked; `./src/…` is meant from the root
 *   <!-- run --> then ```sh     is run against a started server (e2e/documents.e2e.ts)
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/command.ts';

export interface Document {
  readonly path: string;
  readonly text: string;
}

export interface Block {
  readonly path: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** Whether the line before the block says `<!-- run -->`. */
  readonly runs: boolean;
  readonly code: string;
}

export interface Link {
  readonly path: string;
  readonly line: number;
  readonly target: string;
}

export const documents = (): Document[] =>
  globSync(['*.md', '{decisions,bench,docs,tools,web}/*.md'], { cwd: root })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

export function blocks({ path, text }: Document): Block[] {
  const fenced = /^(<!-- run -->\n)?```(\w*)\n(.*?)^```$/gms;
  return [...text.matchAll(fenced)].map(
    ({ 0: _, 1: run, 2: language = '', 3: code = '', index }) => ({
      path,
      line: lineAt(text, index) + (run === undefined ? 0 : 1),
      language,
      runs: run !== undefined,
      code,
    }),
  );
}

/** Links within the repository; those to other sites are not ours to keep. */
export function links({ path, text }: Document): Link[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ 1: target = '', index }) => ({ path, line: lineAt(text, index), target }))
    .filter(({ target }) => !/^(https?:|mailto:|#)/.test(target));
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;
