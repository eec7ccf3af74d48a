/**
 * A session of commands as data: what is typed, how it must end, and what it must say.
 *
 *   0 server show vm1 -f value -c status ~ ^ACTIVE$     exit status, command, pattern of the output
 *   let VM = server show vm1 -f value -c id             the output is $VM in what follows
 *   until server show vm1 -f value -c status ~ ACTIVE   asked again until it says so
 *   compute@2.90 …, placement@1.18 …                    in place of the options for that version
 */
export type Line =
  | { readonly is: 'command'; readonly exit: number; readonly words: Words; readonly says: string }
  | { readonly is: 'let'; readonly name: string; readonly words: Words }
  | { readonly is: 'until'; readonly words: Words; readonly says: string };
type Words = readonly string[];

export const readSession = (text: string): readonly Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readLine);

function readLine(line: string): Line {
  const [command = '', says = ''] = line.split(' ~ ');
  const [first = '', ...rest] = wordsOf(command);
  if (first === 'until') return { is: 'until', words: versioned(rest), says };
  if (first !== 'let') return { is: 'command', exit: Number(first), words: versioned(rest), says };
  const [name = '', , ...words] = rest;
  return { is: 'let', name, words: versioned(words) };
}

/** Parted at spaces, except those behind a backslash or between quotation marks. */
const wordsOf = (text: string): Words =>
  (text.match(/(?:\\ |"[^"]*"|\S)+/g) ?? []).map((word) =>
    word.replaceAll('\\ ', ' ').replaceAll('"', ''),
  );

function versioned([first = '', ...rest]: Words): Words {
  const [, service, version] = /^(compute|placement)@([\d.]+)$/.exec(first) ?? [];
  if (service === undefined || version === undefined) return [first, ...rest];
  return [`--os-${service}-api-version`, version, ...rest];
}

/** With the values of `$NAMES` in their places. */
export const filled = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\$([A-Z]+)/g, (whole, name: string) => names.get(name) ?? whole);
