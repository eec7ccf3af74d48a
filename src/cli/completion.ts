/**
 * `completion bash|zsh|fish`: a script for the shell, made from the verbs themselves, so that it
 * cannot know less than the program.
 */
export interface Verb {
  readonly name: string;
  readonly about: string;
  readonly verbs: readonly Verb[];
  readonly options: readonly string[];
  /** What its first argument may be, where that is known. */
  readonly choices: readonly string[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completion(shell: Shell, root: Verb): string {
  switch (shell) {
    case 'bash':
      return bash(root);
    case 'zsh':
      // zsh speaks bash's completion, and one script that is right beats two that drift apart.
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(root)}`;
    case 'fish':
      return fish(root);
  }
}

interface Place {
  /** The verbs so far, e.g. `operation list`. */
  readonly path: string;
  readonly verb: Verb;
}

const places = (verb: Verb, path = ''): Place[] => [
  { path, verb },
  ...verb.verbs.flatMap((below) => places(below, `${path} ${below.name}`.trim())),
];

const next = ({ verbs, choices }: Verb): string[] => [...verbs.map(({ name }) => name), ...choices];

function bash(root: Verb): string {
  const cases = places(root).map(({ path, verb }) => {
    const words = [...next(verb), ...verb.options].join(' ');
    return `    '${path}') words='${words}' ;;`;
  });
  return `_plimsoll() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _plimsoll plimsoll`;
}

function fish(root: Verb): string {
  const lines = places(root).flatMap(({ path, verb }) => {
    const seen = path.split(' ').filter((word) => word !== '');
    const after = seen.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const none = next(verb).map((word) => `not __fish_seen_subcommand_from ${word}`);
    const when = [after || '__fish_use_subcommand', ...(after ? none : [])].join('; and ');
    const words = next(verb).map((word) => {
      const about = verb.verbs.find(({ name }) => name === word)?.about ?? '';
      return `complete -c plimsoll -f -n '${when}' -a ${word} -d '${about.replaceAll("'", '')}'`;
    });
    const options = verb.options
      .filter((option) => option.startsWith('--'))
      .map((option) => {
        const place = after === '' ? '' : ` -n '${after}'`;
        return `complete -c plimsoll${place} -l ${option.slice(2)}`;
      });
    return [...words, ...options];
  });
  return lines.join('\n');
}
