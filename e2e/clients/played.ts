/** Plays a session with the client, line by line; gives what went otherwise than it says. */
import { filled, type Line } from './session.ts';
import type { Ended, Shell } from './shell.ts';

const TRIES = 400;

export interface Playing {
  readonly shell: Shell;
  readonly session: readonly Line[];
  /** What `$NAMES` stand for; `let` adds to it. */
  readonly names: Map<string, string>;
  /** `$ELSEWHERE` is the one of them that `$HERE` is not. */
  readonly hosts: readonly string[];
}

export async function played(playing: Playing): Promise<readonly string[]> {
  const amiss: string[] = [];
  for (const line of playing.session) {
    const complaint = await step(line, playing);
    if (complaint !== null) amiss.push(complaint);
  }
  return amiss;
}

/** Null, or what was typed and what came of it. */
async function step(line: Line, { shell, names, hosts }: Playing): Promise<string | null> {
  const words = line.words.map((word) => filled(word, names));
  switch (line.is) {
    case 'command': {
      const ended = await shell.run(words);
      const right = ended.exit === line.exit && says(ended, filled(line.says, names));
      return right ? null : told(words, ended, `wanted ${line.exit} and ${line.says}`);
    }
    case 'until': {
      const wanted = filled(line.says, names);
      let ended = await shell.run(words);
      for (let tries = 1; !says(ended, wanted) && tries < TRIES; tries++) {
        ended = await shell.run(words);
      }
      return says(ended, wanted) ? null : told(words, ended, `never became ${wanted}`);
    }
    case 'let': {
      const ended = await shell.run(words);
      const value = ended.out.trim().split('\n')[0] ?? '';
      names.set(line.name, value);
      if (line.name === 'HERE') names.set('ELSEWHERE', hosts.find((host) => host !== value) ?? '');
      return ended.exit === 0 && value !== '' ? null : told(words, ended, 'no value');
    }
  }
}

const says = ({ out, err }: Ended, pattern: string): boolean =>
  new RegExp(pattern, 'm').test(`${out}${err}`.trim());

const told = (words: readonly string[], { exit, out, err }: Ended, about: string): string =>
  `openstack ${words.join(' ')}: ${about}; it was ${exit}: ${`${out}${err}`.trim().slice(-600)}`;
