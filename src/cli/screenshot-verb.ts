/** `screenshot`, as the command line knows it. */
import type { Command } from 'commander';
import { type Common, type SessionDoors, session, withServer } from './server-verbs.ts';
import { type End, withExamples } from './verb-parts.ts';

export function addScreenshot(program: Command, doors: SessionDoors, end: End): void {
  const verb = program
    .command('screenshot')
    .description("write what is to be seen on a server's screen to a PNG file")
    .argument('<server>', 'its uuid or name')
    .requiredOption('--out <file>', 'the file')
    .action(async (server: string, given: Common & { out: string }) => {
      const { screenshot } = await import('./screenshot.ts');
      end(await screenshot(await session(given, doors), server, given.out));
    });
  withExamples(withServer(verb), 'plimsoll screenshot web-1 --out web-1.png');
}
