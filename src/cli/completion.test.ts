/**
 * Goal: the shell offers the verbs and options that there are.
 * Method: real bash runs the real script and is asked what it would offer; fish's and zsh's
 * scripts are looked at as text, since those shells are seldom there.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { completion, type Verb } from './completion.ts';

const verb = (name: string, more: Partial<Verb> = {}): Verb => ({
  name,
  about: `does ${name}`,
  verbs: [],
  options: ['--help'],
  choices: [],
  ...more,
});
const root = verb('plimsoll', {
  verbs: [
    verb('host', { verbs: [verb('list', { options: ['--format', '--help'] })] }),
    verb('completion', { choices: ['bash', 'fish'] }),
  ],
});

function offered(...words: string[]): string[] {
  const line = ['plimsoll', ...words].map((word) => `'${word}'`).join(' ');
  const script = [
    completion('bash', root),
    `COMP_WORDS=(${line})`,
    `COMP_CWORD=${words.length}`,
    '_plimsoll',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash is to fill it in
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split('\n');
}

test('bash offers verbs, the verbs below them, options and known arguments', () => {
  deepEqual(offered(''), ['host', 'completion', '--help']);
  deepEqual(offered('h'), ['host']);
  deepEqual(offered('host', ''), ['list', '--help']);
  deepEqual(offered('host', 'list', '--'), ['--format', '--help']);
  deepEqual(offered('--help', 'host', 'l'), ['list']);
  deepEqual(offered('completion', 'f'), ['fish']);
});

test('fish and zsh know the same verbs', () => {
  const fish = completion('fish', root);
  match(fish, /__fish_use_subcommand' -a host -d 'does host'/);
  match(fish, /__fish_seen_subcommand_from host; and not .* list' -a list/);
  match(fish, /-n '__fish_seen_subcommand_from host; and .*from list' -l format/);
  ok(completion('zsh', root).endsWith(completion('bash', root)));
});
