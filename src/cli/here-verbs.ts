/** The verbs that ask no server: agents, configuration, machine, demo, store. */
import type { Command } from 'commander';
import { agentSettings } from '../core/config/agents.ts';
import type { FlagEntry, Variables } from '../core/config/resolve.ts';
import { addConfig, type ConfigOptions } from './config.ts';
import { optionOf } from './setting-option.ts';
import type { Format } from './table.ts';
import { type End, formatOption, withExamples } from './verb-parts.ts';

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
  /** Of the environment. */
  readonly variables: Variables;
  /** Lists what is set. */
  config(options: ConfigOptions): Promise<number>;
  /** Runs agents until it is told to stop. */
  agent(flags: readonly FlagEntry[]): Promise<number>;
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
  addConfig(program, doors, end);
  addDemo(program, doors, end);
  addMachine(program, doors, end);
  addStore(program, doors, end);
}

function addAgent(program: Command, doors: HereDoors, end: End): void {
  const agent = program
    .command('agent')
    .description('run the agents of hosts here: they dial their control planes and take orders');
  for (const one of agentSettings) agent.addOption(optionOf(one));
  agent.action(async (given: Readonly<Record<string, string | string[]>>) => {
    const flags = agent.options.flatMap((option) => {
      const said = given[option.attributeName()];
      return said === undefined ? [] : [{ flag: option.name(), given: said }];
    });
    end(await doors.agent(flags));
  });
  withExamples(
    agent,
    '(umask 077; plimsoll host token rack1-a rack1-b > tokens)',
    'plimsoll agent --tokens tokens',
    'plimsoll agent --config /etc/plimsoll.yaml',
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
