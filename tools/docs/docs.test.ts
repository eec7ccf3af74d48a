/**
 * Goal: what our documents show compiles, and where they point there is something.
 * Method: every `ts` block of every document goes through the compiler in one run; every link is
 * followed. The reading of documents itself is shown samples. What they tell people to type is run
 * by e2e/documents.e2e.ts.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { root, run } from '../test/command.ts';
import { blocks, documents, links } from './blocks.ts';

const sample = {
  path: 'x.md',
  text: 'a [b](c.md) and [d](https://e.org)\n\n<!-- run -->\n```sh\nls\n```\n\n```ts\nlet f;\n```\n',
};

test('blocks and links are found, with their places', () => {
  deepEqual(blocks(sample), [
    { path: 'x.md', line: 4, language: 'sh', runs: true, code: 'ls\n' },
    { path: 'x.md', line: 8, language: 'ts', runs: false, code: 'let f;\n' },
  ]);
  deepEqual(links(sample), [{ path: 'x.md', line: 1, target: 'c.md' }]);
});

test('every link within the repository leads somewhere', () => {
  const all = documents().flatMap(links);
  ok(all.length > 0);
  const dead = all.filter(({ path, target }) => {
    const [file = ''] = target.split('#');
    return !existsSync(join(root, dirname(path), file));
  });
  deepEqual(dead, []);
});

test('every ts block compiles', async () => {
  const code = documents()
    .flatMap(blocks)
    .filter(({ language }) => language === 'ts');
  ok(code.length > 0);
  const folder = join(root, 'dist/documents');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, block] of code.entries()) {
    const header = `// ${block.path}:${block.line}\n`;
    const text = block.code.replaceAll("'./src/", "'../../src/");
    writeFileSync(join(folder, `block-${index}.ts`), header + text);
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const { code: status } = await run('tsc', ['-p', folder]);
  equal(status, 0);
});

const config = {
  extends: '../../tsconfig.base.json',
  compilerOptions: {
    noEmit: true,
    composite: false,
    rootDir: '../..',
    types: ['node'],
    noUnusedLocals: false,
  },
  include: ['*.ts'],
  exclude: [],
};
