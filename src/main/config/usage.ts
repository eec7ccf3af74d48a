/** What `npm start -- --help` says, from the settings themselves. */
import { settingsOf } from '../../core/config/all.ts';
import type { Setting } from '../../core/config/setting.ts';

const LEFT = 34;
const COLUMNS = 100;

export const usage = (): string => `Starts the control plane, its database, simulated hosts and \
the console, on one port.

Usage: npm start -- [options]        (or: plimsoll up [options])

${settingsOf('control plane').flatMap(lines).join('\n')}
${row('--help', 'This text.').join('\n')}

Each of them is a variable too, and a key of the file of --config; more can be set there, policies,
weights, ratios and limits among them, under upstream's names: \`plimsoll config\` lists everything,
and docs/configuration.md says what it is.

Each simulated host has 24 CPUs in two NUMA cells, and pages of 2 MiB and of 1 GiB.

Examples:
  npm start
  npm start -- --port 9000 --data /var/lib/plimsoll
  npm start -- --hosts 20
  npm start -- --config /etc/plimsoll.yaml
  npm start -- --database postgres://plimsoll@127.0.0.1/plimsoll
  npm start -- --database postgres://plimsoll@db/plimsoll --shared --hosts 0 --images /srv/images`;

function lines({ flag, placeholder, says, kind, unit, ...one }: Setting<unknown>): string[] {
  if (flag === null) return [];
  const name = placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
  const again = kind.flag === 'many' ? ' May be repeated.' : '';
  const of = unit === null || one.default === null ? '' : ` ${unit}`;
  const otherwise = kind.flag === 'bare' ? '' : ` (${one.otherwise}${of})`;
  return row(name, says + again + otherwise);
}

/** The name on the left, the sentence beside it, broken between words. */
function row(name: string, sentence: string): string[] {
  const broken = [''];
  for (const word of sentence.split(' ')) {
    const line = `${broken.at(-1)} ${word}`.trim();
    if (LEFT + line.length > COLUMNS) broken.push(word);
    else broken[broken.length - 1] = line;
  }
  return broken.map((line, at) => (at === 0 ? `  ${name}` : '').padEnd(LEFT) + line);
}
