/**
 * The `plimsoll` command: its verbs, their options and their examples.
 *
 * Only what every start needs is imported here; each verb brings its own when it runs, which keeps
 * `plimsoll --help` well under 150 ms. What a verb cannot do by HTTP alone (run a server, replay a
 * trace) comes through `Doors` from src/main, which alone may see both worlds.
 */
import { Command, CommanderError, Option } from 'commander';
import type { Client } from './client.ts';
import { Complaint } from './complaint.ts';
import type { Verb } from './completion.ts';
import type { Format } from './table.ts';

export interface ReplayOptions {
  readonly directory: string;
  /** Which of the sequences in the directory; empty: all of them. */
  readonly sequences: readonly string[];
  readonly format: Format;
  readonly progress: (line: string) => void;
}

export interface Doors {
  readonly version: string;
  /** Runs a server until it is told to stop. */
  up(args: readonly string[]): Promise<number>;
  replay(options: ReplayOptions): Promise<number>;
}

interface Common {
  readonly format: Format;
  readonly clouds?: string;
  readonly cloud: string;
}

/** Runs one command line; gives the exit code. 2: the command line itself was wrong. */
export async function plimsoll(args: readonly string[], doors: Doors): Promise<number> {
  let code = 0;
  const program = build(doors, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Complaint)) throw error;
    process.stderr.write(`plimsoll: ${error.message}\n`);
    return 1;
  }
}

function build(doors: Doors, end: (code: number) => void): Command {
  const about = 'A control plane for fleets of virtual machines that never loses count.';
  const program = describe(settle(new Command('plimsoll')), about, FIRST_STEPS).version(
    doors.version,
    '--version',
    'print the version',
  );
  const add = (name: string, about: string, examples: readonly string[]) =>
    describe(settle(program.command(name)), about, examples);

  addUp(add, doors, end);
  addLists(program, end);
  withServer(add('explain', 'say why no host could take a server', EXPLAIN))
    .argument('<id-or-server>', 'the id of an explanation, or the uuid or name of a server')
    .action(async (what: string, common: Common) => {
      const { explain } = await import('./explain.ts');
      end(await explain(await client(common), common.format, what));
    });
  addReplay(add, doors, end);
  add('completion', 'print the completion script of a shell', COMPLETION)
    .addArgument(program.createArgument('<shell>', 'which shell').choices(SHELLS))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completion } = await import('./completion.ts');
      process.stdout.write(`${completion(shell, verbOf(program))}\n`);
    });
  return program;
}

type Add = (name: string, about: string, examples: readonly string[]) => Command;

const FIRST_STEPS = ['plimsoll up', 'plimsoll host list', 'plimsoll server list --format json'];
const SHELLS = ['bash', 'zsh', 'fish'];
const UP = ['plimsoll up', 'plimsoll up --port 8080 --data /var/lib/plimsoll'];
const EXPLAIN = ['plimsoll explain web-1', 'plimsoll explain web-1 --format json'];
const REPLAY = [
  'plimsoll replay ../shared/traces/huawei-topology',
  'plimsoll replay ../shared/traces/huawei-topology --sequence C1 --format json',
];
const COMPLETION = ['eval "$(plimsoll completion bash)"', 'plimsoll completion fish | source'];

function addUp(add: Add, doors: Doors, end: (code: number) => void): void {
  add('up', 'run a server here: control plane, simulated hosts, console', UP)
    .argument('[options...]', 'as for npm start; `npm start -- --help` lists them')
    .allowUnknownOption()
    .action(async (args: string[]) => end(await doors.up(args)));
}

function addLists(program: Command, end: (code: number) => void): void {
  const room = (name: string, about: string) =>
    describe(settle(program.command(name)), about, [`plimsoll ${name} list`]);
  const list = (under: Command, about: string, examples: readonly string[]) =>
    withServer(describe(settle(under.command('list')), about, examples));

  list(room('host', 'the machines that servers run on'), 'list the hosts and their room', [
    'plimsoll host list',
    'plimsoll host list --format json',
  ]).action(async (common: Common) => {
    const { listHosts } = await import('./lists.ts');
    end(await listHosts(await client(common), common.format));
  });
  list(room('server', 'the virtual machines'), 'list the servers and where they run', [
    'plimsoll server list',
    "plimsoll server list --format json | jq '.[].host'",
  ]).action(async (common: Common) => {
    const { listServers } = await import('./lists.ts');
    end(await listServers(await client(common), common.format));
  });
  const operation = room('operation', 'what is being done to servers, step by step');
  list(operation, 'list operations, the newest first', [
    'plimsoll operation list',
    'plimsoll operation list --server 6f1b… --limit 5',
  ])
    .option('--server <uuid>', "only this server's")
    .addOption(new Option('--limit <n>', 'at most so many').argParser(positive).default(20))
    .action(async (common: Common & { server?: string; limit: number }) => {
      const { listOperations } = await import('./lists.ts');
      end(await listOperations(await client(common), common.format, common));
    });
  addWatch(operation, end);
}

function addWatch(operation: Command, end: (code: number) => void): void {
  const watch = describe(settle(operation.command('watch')), 'follow an operation to its end', [
    'plimsoll operation watch 0190a3c2…',
  ]);
  withServer(watch)
    .argument('<id>', "the operation's id, from `plimsoll operation list`")
    .action(async (id: string, common: Common) => {
      const { watchOperation } = await import('./watch.ts');
      end(await watchOperation(await client(common), common.format, id));
    });
}

function addReplay(add: Add, doors: Doors, end: (code: number) => void): void {
  add('replay', 'play a recorded fleet and its requests through the real system', REPLAY)
    .argument('<directory>', 'the folder of a trace')
    .option('--sequence <name>', 'only this sequence; may be repeated', collect, [])
    .addOption(formatOption())
    .action(async (directory: string, given: { sequence: string[]; format: Format }) => {
      const progress = (line: string) => void process.stderr.write(`${line}\n`);
      const { sequence: sequences, format } = given;
      end(await doors.replay({ directory, sequences, format, progress }));
    });
}

const collect = (name: string, before: readonly string[]): string[] => [...before, name];

function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Complaint(`--limit is '${text}'`, 'give a whole number from 1 to 9999');
}

const formatOption = () =>
  new Option('--format <format>', 'for people or for programs')
    .choices(['table', 'json'])
    .default('table');

/** The options of every verb that asks a running server. */
const withServer = (verb: Command): Command =>
  verb
    .addOption(formatOption())
    .option('--clouds <file>', 'a clouds.yaml (else $OS_CLIENT_CONFIG_FILE, .plimsoll/clouds.yaml)')
    .addOption(
      new Option('--cloud <name>', 'which cloud in it').env('OS_CLOUD').default('plimsoll'),
    );

async function client({ cloud, clouds }: Common): Promise<Client> {
  const [{ readCloud }, { connect }] = await Promise.all([
    import('./clouds.ts'),
    import('./client.ts'),
  ]);
  return connect(readCloud({ cloud, ...(clouds !== undefined && { clouds }) }));
}

const describe = (verb: Command, about: string, examples: readonly string[]): Command =>
  verb.description(about).addHelpText('after', `\nExamples:\n${indented(examples)}`);

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}`).join('\n');

/** What is the same for all: errors are one line that names the next step, and never exit here. */
const settle = (verb: Command): Command =>
  verb
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      outputError: (text, write) => write(`plimsoll: ${oneLine(text)}; try --help\n`),
    });

const oneLine = (text: string): string =>
  text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.$/, '')
    .replaceAll(/\.?\s*\n\s*/g, ' ');

function verbOf(command: Command): Verb {
  const visible = command.createHelp();
  return {
    name: command.name(),
    about: command.description(),
    verbs: command.commands.map(verbOf),
    options: visible.visibleOptions(command).map(({ long, short }) => long ?? short ?? ''),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}
