/** `plimsoll broker`: what a NATS server between control planes and agents has to be told. */
import type { Command } from 'commander';

export interface BrokerConfigOptions {
  /** The file with the hosts and their tokens; left out: no host yet. */
  readonly tokens?: string;
  /** The file with the key of the control planes. */
  readonly key: string;
  readonly listen: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface BrokerDoors extends Pick<BrokerConfigOptions, 'out' | 'err'> {
  brokerConfig(options: BrokerConfigOptions): Promise<number>;
}

export function addBroker(program: Command, doors: BrokerDoors, end: (code: number) => void): void {
  const { out, err } = doors;
  const config = program
    .command('broker')
    .description('a NATS server between control planes and agents')
    .helpCommand(false)
    .command('config')
    .description('print its configuration: each host may use its own subjects only')
    .option('--tokens <file>', 'HOST TOKEN a line, from `plimsoll host token`, of all hosts')
    .requiredOption('--key <file>', "the control planes' key; made if it is not there")
    .option('--listen <address>', 'where the server is to listen', '127.0.0.1:4222')
    .action(async (given: Omit<BrokerConfigOptions, 'out' | 'err'>) => {
      end(await doors.brokerConfig({ ...given, out, err }));
    });
  const example = 'plimsoll broker config --tokens tokens --key control.key > nats.conf';
  config.addHelpText('after', ['\nExamples:', example].join('\n  '));
}
