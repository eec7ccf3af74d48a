/** The verbs that work on the machine at hand, and ask no server: agents, machine, demo, store. */
import { type Command, Option } from 'commander';
import type { Format } from './table.ts';
import { collect, type End, formatOption, positive, withExamples } from './verb-parts.ts';

export interface AgentOptions {
  /** Where the control planes are. */
  readonly control: readonly string[];
  /** The file with the hosts and their tokens. */
  readonly tokens: string;
  /** The directory where it keeps what must outlive it. */
  readonly state: string;
  /** Where provider files are; left out: the environment says, or there are none. */
  readonly providerConfig?: string;
  /** The program that cleans devices that are used once; left out: somebody else does. */
  readonly cleanDevice?: string;
  readonly driver: 'simulated' | 'qemu';
  /** The availability zone of its hosts; left out: as the driver has it. */
  readonly zone?: string;
  /** The address by which other hosts send guests to these. */
  readonly listen?: string;
  /** MiB/s that a guest may take that is sent elsewhere; left out: all there is. */
  readonly bandwidth?: number;
}

export interface MachineOptions {
  /** Where its /proc and /sys are. */
  readonly root: string;
  readonly format: Format;
}

export interface DemoOptions {
  readonly format: Format;
  readonly out: (line: string) => void;
  readonly progress: (line: string) => void;
}

export interface StoreCopyOptions {
  readonly from: string;
  readonly to: string;
  readonly format: Format;
  readonly progress: (line: string) => void;
}

export interface HereDoors {
  /** Standard output and error. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Runs agents until it is told to stop. */
  agent(options: AgentOptions): Promise<number>;
  /** Shows what a machine has. */
  machine(options: MachineOptions): Promise<number>;
  /** Boots a real guest here and moves it while it runs. */
  demo(options: DemoOptions): Promise<number>;
  /** Copies one database into another. */
  copyStore(options: StoreCopyOptions): Promise<number>;
}

/** All of them. */
export function addHere(program: Command, doors: HereDoors, end: End): void {
  addAgent(program, doors, end);
  addDemo(program, doors, end);
  addMachine(program, doors, end);
  addStore(program, doors, end);
}

function addAgent(program: Command, doors: HereDoors, end: End): void {
  const agent = program
    .command('agent')
    .description('run the agents of hosts here: they dial their control planes and take orders')
    .option('--control <url>', 'a control plane; may be repeated', collect, [])
    .requiredOption('--tokens <file>', 'HOST TOKEN a line, from `plimsoll host token`')
    .option('--state <directory>', 'where it keeps what must outlive it', '.plimsoll-agent')
    .addOption(
      new Option('--driver <name>', 'what runs the guests')
        .choices(['simulated', 'qemu'])
        .default('simulated'),
    )
    .option('--zone <name>', 'the availability zone of its hosts (nova; with qemu: qemu)')
    .option('--provider-config <directory>', 'files with traits and inventories of its hosts')
    .option('--clean-device <program>', 'run with the address of a device that was used once')
    .option('--listen <address>', 'where other machines send guests to (all are on this one)')
    .addOption(
      new Option('--bandwidth <mib>', 'MiB/s at most for a guest that leaves').argParser(positive),
    )
    .action(async ({ control, ...rest }: AgentOptions) => {
      const known = control.length > 0 ? control : ['http://127.0.0.1:8780'];
      end(await doors.agent({ ...rest, control: known }));
    });
  withExamples(
    agent,
    '(umask 077; plimsoll host token rack1-a rack1-b > tokens)',
    'plimsoll agent --tokens tokens',
    'plimsoll agent --tokens tokens --driver qemu --listen 10.0.0.7',
    'plimsoll agent --tokens tokens --control https://plim-1:8780 --control https://plim-2:8780',
  );
}

function addMachine(program: Command, doors: HereDoors, end: End): void {
  const machine = program
    .command('machine')
    .description('show what this machine has: CPUs, NUMA cells, memory, pages, devices')
    .option('--root <directory>', 'where its proc and sys are', '/')
    .addOption(formatOption())
    .action(async (options: MachineOptions) => end(await doors.machine(options)));
  const devices = "plimsoll machine --format json | jq '.devices'";
  withExamples(machine, 'plimsoll machine', devices, 'plimsoll machine --root /tmp/recorded');
}

function addDemo(program: Command, doors: HereDoors, end: End): void {
  const demo = program
    .command('demo')
    .description('boot a real guest here with QEMU, and move it to another agent while it counts')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const out = (line: string) => doors.out(`${line}\n`);
      end(await doors.demo({ format, out, progress: (line) => doors.err(`${line}\n`) }));
    });
  withExamples(demo, 'plimsoll demo', 'plimsoll demo --format json | tail -1');
}

function addStore(program: Command, doors: HereDoors, end: End): void {
  const store = program
    .command('store')
    .description('the database behind a server')
    .helpCommand(false);
  const copy = store
    .command('copy')
    .description('copy all that a database holds into an empty one; the server must be stopped')
    .requiredOption('--from <database>', 'a data directory, a file, or a postgres:// URL')
    .requiredOption('--to <database>', 'the same, of an empty one')
    .addOption(formatOption())
    .action(async ({ from, to, format }: { from: string; to: string; format: Format }) => {
      const progress = (line: string) => doors.err(`${line}\n`);
      end(await doors.copyStore({ from, to, format, progress }));
    });
  const url = 'postgres://plimsoll@127.0.0.1/plimsoll';
  const there = `plimsoll store copy --from .plimsoll --to ${url}`;
  const back = `plimsoll store copy --from ${url} --to copy.db --format json`;
  withExamples(store, there);
  withExamples(copy, there, back);
}
