/** The `plimsoll` command's program: hands the verbs what only main may see. */
import { readFileSync } from 'node:fs';
import { plimsoll } from '../cli/plimsoll.ts';
import { flushed } from './flushed.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const code = await plimsoll(process.argv.slice(2), {
  version,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  variables: process.env,
  async up(args) {
    const { controlPlane } = await import('./control-plane.ts');
    return controlPlane(args);
  },
  async replay(options) {
    const { runReplay } = await import('./replay.ts');
    return runReplay(options);
  },
  async agent(flags) {
    const { runAgent } = await import('./agent.ts');
    return runAgent(flags, process.env);
  },
  async config(options) {
    const { showConfig } = await import('./show-config.ts');
    return showConfig(options, process.env);
  },
  async machine(options) {
    const { showMachine } = await import('./machine.ts');
    return showMachine(options);
  },
  async demo(options) {
    const { runDemo } = await import('./demo.ts');
    return runDemo(options);
  },
  async brokerConfig(options) {
    const { printBrokerConfig } = await import('./broker-config.ts');
    return printBrokerConfig(options);
  },
  async copyStore(options) {
    const { runStoreCopy } = await import('./store-copy.ts');
    return runStoreCopy(options);
  },
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// A clock that still sleeps for somebody (heartbeats, audits) must not keep the command alive.
process.exit(code);
