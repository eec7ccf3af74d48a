/**
 * npm test                 every stage
 * npm test -- unit tidy    these stages
 * npm test -- --list       what there is
 * npm run check            the quick ones
 *
 * Ends with one line, `N passed, M failed, K skipped`, and with 0 only when M is 0 and N is not.
 */
import { parseArgs, styleText } from 'node:util';
import { install } from './packages.ts';
import { failed, inWords, type Outcome, type Stage, sum } from './stage.ts';
import { stages } from './stages.ts';

function chosen(names: readonly string[], quick: boolean): readonly Stage[] {
  const unknown = names.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) {
    console.error(`unknown stage '${unknown}'; npm test -- --list names them`);
    process.exit(2);
  }
  return stages.filter((stage) =>
    names.length > 0 ? names.includes(stage.name) : stage.quick || !quick,
  );
}

async function play(stage: Stage): Promise<Outcome> {
  console.log(styleText('bold', `\n── ${stage.name}: ${stage.about}`));
  const began = performance.now();
  const absent = await install(stage.needs);
  const outcome = await stage
    .run(absent)
    .catch((error: unknown) => failed(`${stage.name}: ${String(error)}`));
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`── ${stage.name}: ${inWords(outcome)} (${seconds} s)`);
  return outcome;
}

/** One after another; a program that does not compile ends it, since nothing else could be true. */
async function playAll(list: readonly Stage[]): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const stage of list) {
    const outcome = await play(stage);
    outcomes.push(outcome);
    if (stage.name === 'build' && outcome.failed > 0) break;
  }
  return sum(outcomes);
}

const { values, positionals } = parseArgs({
  options: { list: { type: 'boolean' }, quick: { type: 'boolean' } },
  allowPositionals: true,
});
if (values.list) {
  for (const { name, about } of stages) console.log(`${name.padEnd(12)} ${about}`);
} else {
  const outcome = await playAll(chosen(positionals, values.quick ?? false));
  console.log(`\n${outcome.notes.join('\n')}${outcome.notes.length > 0 ? '\n' : ''}`);
  console.log(inWords(outcome));
  process.exitCode = outcome.failed > 0 || outcome.passed === 0 ? 1 : 0;
}
