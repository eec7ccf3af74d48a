/**
 * Words that the pure rings must not say. The compiler keeps Node and the browser out of them
 * (`types: []`); what is left belongs to the language itself, and would make two runs of one seed
 * differ. Each refusal names the port to use instead.
 */
import { Visitor } from 'oxc-parser';
import { type Finding, isTest, lineOf, type Source } from './source.ts';

const CLOCK = 'time comes from ports/clock.ts: `now()` to decide by, `wall()` for rows';
const ENTROPY = 'chance comes from ports/entropy.ts, or base/seeded.ts where a seed decides';
const ORDER = "order and text must not depend on the machine's language: base/order.ts";
const COLLECTED = 'when memory is collected differs from run to run: hold or drop it yourself';

const globals: Readonly<Record<string, string>> = {
  Intl: ORDER,
  WeakRef: COLLECTED,
  FinalizationRegistry: COLLECTED,
  performance: CLOCK,
};
/** By object and property; `*` is any object. */
const members: Readonly<Record<string, string>> = {
  'Date.now': CLOCK,
  'Math.random': ENTROPY,
  '*.localeCompare': ORDER,
  '*.toLocaleString': ORDER,
  '*.toLocaleDateString': ORDER,
  '*.toLocaleTimeString': ORDER,
  '*.toLocaleUpperCase': ORDER,
  '*.toLocaleLowerCase': ORDER,
  '*.getTimezoneOffset': CLOCK,
};
const SLEEP = 'a test never sleeps: move the virtual clock, or wait for what should happen';
const ONLY = 'only this test would run: take `.only` away';

const SETTINGS = 'settings come from core/config; only the entry points hand the environment to it';
/** Where processes begin. */
const ENTRIES = ['cli.ts', 'control-plane.ts', 'placement.ts'].map((name) => `src/main/${name}`);

const isPure = (path: string): boolean => /^src\/(core|sim)\//.test(path);

export function words(source: Source): Finding[] {
  const findings: Finding[] = [];
  const say = (start: number, word: string, instead: string) =>
    findings.push({
      path: source.path,
      line: lineOf(source.text, start),
      message: `${word}: ${instead}`,
    });
  if (isPure(source.path)) impure(source, say);
  if (isTest(source.path)) untidyTest(source, say);
  else if (/^src\//.test(source.path) && !ENTRIES.includes(source.path)) ownSettings(source, say);
  return findings;
}

type Say = (start: number, word: string, instead: string) => void;

function impure({ tree }: Source, say: Say): void {
  new Visitor({
    Identifier({ name, start }) {
      const instead = Object.hasOwn(globals, name) ? globals[name] : undefined;
      if (instead !== undefined) say(start, name, instead);
    },
    NewExpression({ callee, arguments: given, start }) {
      if (isNamed(callee, 'Date') && given.length === 0) say(start, 'new Date()', CLOCK);
    },
    CallExpression({ callee, start }) {
      if (isNamed(callee, 'Date')) say(start, 'Date()', CLOCK);
    },
    MemberExpression({ object, property, start }) {
      if (property.type !== 'Identifier') return;
      const owner = object.type === 'Identifier' ? object.name : '';
      const word = [`${owner}.${property.name}`, `*.${property.name}`].find((key) =>
        Object.hasOwn(members, key),
      );
      if (word !== undefined) say(start, word, members[word] ?? '');
    },
  }).visit(tree);
}

/** Nothing reads the environment by itself, under whatever name. */
function ownSettings({ imports, tree, text }: Source, say: Say): void {
  const isArgv = /^import \{ argv \} from 'node:process';$/m.test(text);
  if (imports.some(({ target }) => /^(node:)?process$/.test(target)) && !isArgv) {
    say(0, 'node:process', SETTINGS);
  }
  new Visitor({
    MemberExpression({ object, property, start }) {
      const isEnv =
        isNamed(property, 'env') || /^(['"])env\1$/.test(text.slice(property.start, property.end));
      if (isNamed(object, 'process') && isEnv) say(start, 'process.env', SETTINGS);
    },
    VariableDeclarator({ init, start }) {
      if (init !== null && isNamed(init, 'process')) say(start, 'process', SETTINGS);
    },
  }).visit(tree);
}

function untidyTest({ path, tree, imports }: Source, say: Say): void {
  const sleeps = /^src\//.test(path);
  if (sleeps && imports.some(({ target }) => target === 'node:timers/promises')) {
    say(0, 'node:timers/promises', SLEEP);
  }
  new Visitor({
    CallExpression({ callee, start }) {
      if (sleeps && isNamed(callee, 'setTimeout')) say(start, 'setTimeout', SLEEP);
    },
    MemberExpression({ object, property, start }) {
      const runs = ['test', 'it', 'describe', 'suite'].some((name) => isNamed(object, name));
      if (runs && isNamed(property, 'only')) say(start, '.only', ONLY);
    },
  }).visit(tree);
}

const isNamed = (node: { type: string }, name: string): boolean =>
  node.type === 'Identifier' && 'name' in node && node.name === name;
