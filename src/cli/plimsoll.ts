/**
 * The `plimsoll` command: its verbs, their options and their examples.
 *
 * Only what every start needs is imported here; each verb brings its own when it runs, which keeps
 * `plimsoll --help` well under 150 ms. What a verb cannot do by HTTP alone (run a server, replay a
 * trace) comes through `Doors` from src/main, which alone may see both worlds.
 */
import { Argument, Command, CommanderError, Option } from 'commander';
import { AT_DEADLINE } from '../core/ports/order.ts';
import type { AuditAsked } from './audit.ts';
import { addBroker, type BrokerConfigOptions } from './broker.ts';
import { Complaint } from './complaint.ts';
import type { Verb } from './completion.ts';
import type { FitsAsked } from './fits.ts';
import { addHere, type HereDoors } from './here-verbs.ts';
import type { MigrateAsked } from './migrate.ts';
import { addScreenshot } from './screenshot-verb.ts';
import { type Common, cloudOf, session, withServer } from './server-verbs.ts';
import type { Format } from './table.ts';
import { collect, type End, formatOption, positive, seconds, withExamples } from './verb-parts.ts';

export interface ReplayOptions {
  readonly directory: string;
  /** Which of the sequences in the directory; empty: all of them. */
  readonly sequences: readonly string[];
  readonly format: Format;
  readonly progress: (line: string) => void;
}

export interface Doors extends HereDoors {
  readonly version: string;
  /** Runs a server until it is told to stop. */
  up(args: readonly string[]): Promise<number>;
  replay(options: ReplayOptions): Promise<number>;
  /** Prints what a NATS server has to be told. */
  brokerConfig(options: BrokerConfigOptions): Promise<number>;
}

/** Runs one command line; gives the exit code. 2: the command line itself was wrong. */
export async function plimsoll(args: readonly string[], doors: Doors): Promise<number> {
  let code = 0;
  const end: End = (ended) => {
    code = ended;
  };
  try {
    await build(doors, end).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Complaint)) throw error;
    doors.err(`plimsoll: ${error.message}\n`);
    return 1;
  }
}

function build(doors: Doors, end: End): Command {
  const { version, out, err } = doors;
  const program = new Command('plimsoll')
    .description('A control plane for fleets of virtual machines that never loses count.')
    .version(version, '--version', 'print the version')
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: out,
      writeErr: err,
      outputError: (text) => err(`plimsoll: ${oneLine(text)}; try --help\n`),
    });
  withExamples(program, 'plimsoll up', 'plimsoll host list', 'plimsoll server list --format json');
  addUp(program, doors, end);
  addStatus(program, doors, end);
  addHost(program, doors, end);
  addDrain(program, doors, end);
  addAudit(program, doors, end);
  addServer(program, doors, end);
  addMigrate(program, doors, end);
  addScreenshot(program, doors, end);
  addExplain(program, doors, end);
  addWhyNot(program, doors, end);
  addFits(program, doors, end);
  addOperation(program, doors, end);
  addReplay(program, doors, end);
  addBroker(program, doors, end);
  addHere(program, doors, end);
  addCompletion(program, doors);
  return program;
}

function addUp(program: Command, doors: Doors, end: End): void {
  const up = program
    .command('up')
    .description('run a server here: control plane, simulated hosts, console')
    .argument('[options...]', 'as for npm start; `npm start -- --help` lists them')
    .allowUnknownOption()
    .action(async (args: string[]) => end(await doors.up(args)));
  withExamples(up, 'plimsoll up', 'plimsoll up --port 8080 --data /var/lib/plimsoll');
}

function addStatus(program: Command, doors: Doors, end: End): void {
  const verb = program
    .command('status')
    .description('say how the installation is, what is wrong with it, and what to do next')
    .action(async (common: Common) => {
      const [{ notReady, status }, { healthOf }] = await Promise.all([
        import('./status.ts'),
        import('./client.ts'),
      ]);
      const health = await healthOf(await cloudOf(common, doors.variables));
      const print = (text: string) => doors.out(`${text}\n`);
      if (!health.ok) end(notReady(health, { format: common.format, print }));
      else end(await status(await session(common, doors), health.origin));
    });
  withExamples(withServer(verb), 'plimsoll status', 'plimsoll status --format json | jq .problems');
}

function addHost(program: Command, doors: Doors, end: End): void {
  const host = room(program, 'host', 'the machines that servers run on');
  const token = host
    .command('token')
    .description('make tokens with which the agents of hosts may dial in; told this once')
    .argument('<host...>', 'their names')
    .action(async (names: string[], common: Common) => {
      const { hostTokens } = await import('./host-token.ts');
      end(await hostTokens(await session(common, doors), names));
    });
  withExamples(
    withServer(token),
    'plimsoll host token rack1-a',
    'plimsoll host token a b > tokens',
  );
  const list = host
    .command('list')
    .description('list the hosts and their room')
    .action(async (common: Common) => {
      const { listHosts } = await import('./lists.ts');
      end(await listHosts(await session(common, doors)));
    });
  withExamples(withServer(list), 'plimsoll host list', 'plimsoll host list --format json');
  const removal = host
    .command('removal')
    .description('list what still holds a host, so that it cannot leave the fleet')
    .argument('<host>', 'its name')
    .action(async (name: string, common: Common) => {
      const { planOfRemoval } = await import('./removal.ts');
      end(await planOfRemoval(await session(common, doors), name));
    });
  withExamples(withServer(removal), 'plimsoll host removal rack1-a');
}

function addDrain(program: Command, doors: Doors, end: End): void {
  const drain = program
    .command('drain')
    .description('bring every server away from a host, and close it')
    .argument('<host>', "the host's name")
    .option('--plan', 'only say what would go where, and what would stay')
    .option('--cancel', 'begin no more moves')
    .addOption(new Option('--at-once <n>', 'so many servers at once').argParser(positive))
    .action(async (host: string, given: Common & DrainGiven) => {
      const verbs = await import('./drain.ts');
      const asked = await session(given, doors);
      if (given.plan === true) end(await verbs.planOfDrain(asked, host));
      else if (given.cancel === true) end(await verbs.cancelDrain(asked, host));
      else end(await verbs.drain(asked, host, given.atOnce));
    });
  withExamples(withServer(drain), 'plimsoll drain host-2 --plan', 'plimsoll drain host-2');
}

function addAudit(program: Command, doors: Doors, end: End): void {
  const audit = program
    .command('audit')
    .description('hold the hosts against the books, and put right what no operation owns')
    .option('--host <name>', 'only this host')
    .option('--dry-run', 'change nothing, only say what would be done')
    .helpCommand(false)
    .action(async (given: Common & AuditAsked) => {
      const verbs = await import('./audit.ts');
      end(await verbs.audit(await session(given, doors), given));
    });
  withExamples(withServer(audit), 'plimsoll audit --dry-run', 'plimsoll audit --host host-2');
  const list = audit
    .command('list')
    .description('list what audits found, the newest first')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(positive).default(20))
    .action(async (given: { limit: number }, verb: Command) => {
      const all: Common & AuditAsked & { limit: number } = verb.optsWithGlobals();
      const verbs = await import('./audit.ts');
      end(await verbs.listFindings(await session(all, doors), { ...all, ...given }));
    });
  withExamples(list, 'plimsoll audit list --limit 5', 'plimsoll audit list --format json');
  const undo = audit
    .command('undo')
    .description('put back what a repair changed in the books, if that still can be')
    .argument('<id>', 'of `plimsoll audit list`')
    .action(async (id: string, _: object, verb: Command) => {
      const verbs = await import('./audit.ts');
      end(await verbs.undoFinding(await session(verb.optsWithGlobals(), doors), id));
    });
  withExamples(undo, 'plimsoll audit undo 12');
}

interface DrainGiven {
  readonly plan?: boolean;
  readonly cancel?: boolean;
  readonly atOnce?: number;
}

function addServer(program: Command, doors: Doors, end: End): void {
  const list = room(program, 'server', 'the virtual machines')
    .command('list')
    .description('list the servers and where they run')
    .action(async (common: Common) => {
      const { listServers } = await import('./lists.ts');
      end(await listServers(await session(common, doors)));
    });
  const names = "plimsoll server list --format json | jq '.[].name'";
  withExamples(withServer(list), 'plimsoll server list', names);
}

function addMigrate(program: Command, doors: Doors, end: End): void {
  const migrate = program
    .command('migrate')
    .description('move a server to another host while it runs, and follow that')
    .argument('<server>', 'its uuid or name')
    .option('--host <name>', 'to this host (else the scheduler chooses)')
    .addOption(
      new Option(
        '--deadline <s>',
        'how long its memory may be on the way (else by its size)',
      ).argParser(seconds),
    )
    .addOption(
      new Option(
        '--at-deadline <what>',
        'give up, let it stand still for the rest, or have it fetch that over there',
      ).choices(AT_DEADLINE),
    )
    .action(async (server: string, given: Common & MigrateAsked) => {
      const { migrate } = await import('./migrate.ts');
      end(await migrate(await session(given, doors), server, given));
    });
  const pause = 'plimsoll migrate web-1 --deadline 60 --at-deadline pause';
  withExamples(withServer(migrate), 'plimsoll migrate web-1 --host host-2', pause);
}

function addExplain(program: Command, doors: Doors, end: End): void {
  const explain = program
    .command('explain')
    .description('say why no host could take a server, or why it went where it is')
    .argument('<id-or-server>', 'the id of an explanation, or the uuid or name of a server')
    .action(async (what: string, common: Common) => {
      const { explain } = await import('./explain.ts');
      end(await explain(await session(common, doors), what));
    });
  const examples = ['plimsoll explain web-1', 'plimsoll explain web-1 --format json'];
  withExamples(withServer(explain), ...examples);
}

function addWhyNot(program: Command, doors: Doors, end: End): void {
  const whyNot = program
    .command('why-not')
    .description('say what speaks against a host for a server, and what would help')
    .argument('<server>', 'its uuid or name')
    .argument('<host>', "the host's name")
    .action(async (server: string, host: string, common: Common) => {
      const { whyNot } = await import('./why-not.ts');
      end(await whyNot(await session(common, doors), server, host));
    });
  const examples = ['plimsoll why-not web-1 host-2', 'plimsoll why-not web-1 host-2 --format json'];
  withExamples(withServer(whyNot), ...examples);
}

function addFits(program: Command, doors: Doors, end: End): void {
  const fits = program
    .command('fits')
    .description('say how many more servers of a flavor fit, where, and how many after a loss')
    .argument('<flavor>', 'its id or name')
    .option('--zone <name>', 'only in this availability zone')
    .option('--project <id>', 'as a request of this project')
    .option('--image <id>', 'with what this image asks for')
    .action(async (flavor: string, common: Common & FitsAsked) => {
      const { fits } = await import('./fits.ts');
      end(await fits(await session(common, doors), flavor, common));
    });
  const json = "plimsoll fits m1.small --format json | jq '.losses[] | {name, more}'";
  withExamples(withServer(fits), 'plimsoll fits m1.small', 'plimsoll fits 1 --zone west', json);
}

function addOperation(program: Command, doors: Doors, end: End): void {
  const operation = room(program, 'operation', 'what is being done to servers, step by step');
  const list = operation
    .command('list')
    .description('list operations, the newest first')
    .option('--server <uuid>', "only this server's")
    .addOption(new Option('--limit <n>', 'at most so many').argParser(positive).default(20))
    .addOption(new Option('--state <state>', 'only those').choices(STATES_OF_OPERATIONS))
    .action(async (common: Common & { server?: string; state?: string; limit: number }) => {
      if (common.state === 'stuck') {
        const { listStuck } = await import('./stuck.ts');
        return end(await listStuck(await session(common, doors)));
      }
      const { listOperations } = await import('./lists.ts');
      return end(await listOperations(await session(common, doors), common));
    });
  const one = 'plimsoll operation list --server 6f1b… --limit 5';
  withExamples(withServer(list), 'plimsoll operation list --state stuck', one);
  addReset(operation, doors, end, 'undo', 'undo all that an operation which is stuck has done');
  addReset(operation, doors, end, 'retry', 'have an operation which is stuck go on');

  const watch = operation
    .command('watch')
    .description('follow an operation to its end')
    .argument('<id>', "the operation's id, from `plimsoll operation list`")
    .action(async (id: string, common: Common) => {
      const { watchOperation } = await import('./watch.ts');
      end(await watchOperation(await session(common, doors), id));
    });
  withExamples(withServer(watch), 'plimsoll operation watch 0190a3c2…');
}

const STATES_OF_OPERATIONS = ['running', 'retreating', 'undoing', 'stuck', 'done', 'undone'];

function addReset(
  operation: Command,
  doors: Doors,
  end: End,
  how: 'undo' | 'retry',
  what: string,
): void {
  const reset = operation
    .command(how)
    .description(what)
    .argument('<id>', 'from `plimsoll operation list --state stuck`')
    .action(async (id: string, common: Common) => {
      const { resetOperation } = await import('./stuck.ts');
      end(await resetOperation(await session(common, doors), id, how));
    });
  withExamples(withServer(reset), `plimsoll operation ${how} 0190a3c2…`);
}

function addReplay(program: Command, doors: Doors, end: End): void {
  const replay = program
    .command('replay')
    .description('play a recorded fleet and its requests through the real system')
    .argument('<directory>', 'the folder of a trace')
    .option('--sequence <name>', 'only this sequence; may be repeated', collect, [])
    .addOption(formatOption())
    .action(async (directory: string, given: { sequence: string[]; format: Format }) => {
      const progress = (line: string) => doors.err(`${line}\n`);
      const { sequence: sequences, format } = given;
      end(await doors.replay({ directory, sequences, format, progress }));
    });
  const trace = 'plimsoll replay ../shared/traces/huawei-topology';
  withExamples(replay, trace, `${trace} --sequence C1 --format json`);
}

function addCompletion(program: Command, doors: Doors): void {
  const completion = program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completion } = await import('./completion.ts');
      doors.out(`${completion(shell, verbOf(program))}\n`);
    });
  const bash = 'eval "$(plimsoll completion bash)"';
  withExamples(completion, bash, 'plimsoll completion fish | source');
}

// ── what verbs share ───────────────────────────────────────────────────────────────────────────

const room = (program: Command, name: string, about: string): Command =>
  withExamples(
    program.command(name).description(about).helpCommand(false),
    `plimsoll ${name} list`,
  );

/** Commander's own words, without its first one and its line ends. */
const oneLine = (text: string): string =>
  text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.$/, '')
    .replaceAll(/\.?\s*\n\s*/g, ' ');

const verbOf = (command: Command): Verb => ({
  name: command.name(),
  about: command.description(),
  verbs: command.commands.map(verbOf),
  options: command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short }) => long ?? short ?? ''),
  choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
});
