/**
 * The door to every npm script: makes a fresh clone ready, then hands over to the program.
 *
 *   npm start ─► packages there? ─► built? ─► node_modules/.bin/node dist/main/control-plane.js
 *                 no: npm ci         no: tsc, vite
 *
 * It runs on the Node that the machine has (20 or newer), before a single package is there, and
 * so is plain JavaScript without dependencies. The program itself runs on the Node that
 * package-lock pins and `npm ci` brought; where that has none for this machine, on this one if it
 * is 24 or newer.
 *
 * Nothing is written when nothing is to be done: a second user can start what the first one built.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

/**
 * What each verb runs, once all is ready. `builds`: it needs the compiled program. `checks`: the
 * types of what is run as it is written (tests of the program, tools, benches) are checked as well.
 */
const verbs = {
  start: { builds: true, runs: ['dist/main/control-plane.js'] },
  sim: { builds: true, runs: ['dist/main/sim.js'] },
  bench: { builds: true, runs: ['bench/main.ts'] },
  build: { builds: true, checks: true, runs: [] },
  // The tests build as their first stage, so that a program that does not compile is a failed test.
  test: { builds: false, runs: ['tools/test/main.ts'] },
  check: { builds: false, runs: ['tools/test/main.ts', '--quick'] },
};

/** The oldest Node that runs TypeScript as it is and has all that the program uses. */
const NODE_MAJOR_MIN = 24;
/** Ctrl-C reaches the program by itself; a signal sent to us alone is passed on after this. */
const SIGNAL_GRACE_MS = 200;

const say = (line) => process.stderr.write(`plimsoll: ${line}\n`);

function giveUp(line) {
  say(line);
  process.exit(1);
}

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null);

/** Whether this machine is one that a package was made for. */
function fitsHere({ os = [], cpu = [] }) {
  const allows = (list, mine) => list.length === 0 || list.includes(mine);
  return allows(os, process.platform) && allows(cpu, process.arch);
}

/**
 * npm notes in node_modules what it installed; it is enough when that is what the lockfile asks.
 * Optional packages are for other machines, except those that we ask for ourselves: our Node.
 */
function packagesAreThere() {
  const asked = readJson(at('package-lock.json'))?.packages ?? {};
  const there = readJson(at('node_modules/.package-lock.json'))?.packages;
  if (there === undefined) return false;
  const ours = Object.keys(asked[''].optionalDependencies ?? {});
  const isSpare = (path, about) =>
    about.optional === true &&
    there[path] === undefined &&
    !(ours.includes(path.slice('node_modules/'.length)) && fitsHere(about));
  return Object.entries(asked).every(
    ([path, about]) =>
      path === '' || there[path]?.version === about.version || isSpare(path, about),
  );
}

/** npm itself when it started us, else the one in PATH. */
const npmCommand = () => {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : ['npm'];
};

function install() {
  say('installing packages (npm ci) …');
  const began = Date.now();
  const [command, ...before] = npmCommand();
  const flags = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync(command, [...before, ...flags], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) giveUp(`npm ci failed${error ? `: ${error.message}` : ''}; see above`);
  say(`packages are there (${Math.round((Date.now() - began) / 1000)} s)`);
}

/** The Node that runs the program. */
function nodeToUse() {
  const brought = at('node_modules/.bin/node');
  if (existsSync(brought) && spawnSync(brought, ['-v']).status === 0) return brought;
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) return process.execPath;
  const here = `${process.platform} ${process.arch}`;
  return giveUp(
    `no Node comes with the packages for ${here}, and this one is ${process.version}; ` +
      `install Node ${NODE_MAJOR_MIN} or newer and try again`,
  );
}

/** Every file that the build reads; names, times and sizes are enough to compare. */
function sources() {
  const walk = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [path];
    });
  const single = readdirSync(root).filter((name) => /^(tsconfig.*|package-lock)\.json$/.test(name));
  const folders = ['src', 'web'].filter((name) => existsSync(at(name)));
  return [...single.map((name) => at(name)), ...folders.flatMap((name) => walk(at(name)))].sort();
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const path of sources()) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(root, path)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

const stamp = at('dist/.built-from');
const isBuilt = (print) => existsSync(stamp) && readFileSync(stamp, 'utf8') === print;

/** What was compiled from a source that is gone, tests above all, must not run any more. */
function removeOrphans(folder = at('dist')) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const source = at('src', relative(at('dist'), path));
    if (entry.isDirectory()) {
      if (path !== at('dist/web')) removeOrphans(path);
    } else if (/\.(js|js\.map|d\.ts)$/.test(entry.name)) {
      const stem = source.replace(/\.(js|js\.map|d\.ts)$/, '');
      if (!existsSync(`${stem}.ts`)) rmSync(path);
    }
  }
}

function runTool(environment, tool, ...flags) {
  const { status } = spawnSync(at('node_modules/.bin', tool), flags, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) giveUp(`${tool} failed; see above`);
}

function build(environment) {
  const print = fingerprint();
  if (isBuilt(print)) return;
  say('building …');
  runTool(environment, 'tsc', '-b', 'tsconfig.node.json');
  if (existsSync(at('web/vite.config.ts'))) {
    const flags = ['--config', 'web/vite.config.ts', '--logLevel', 'warn'];
    runTool(environment, 'vite', 'build', ...flags);
  }
  mkdirSync(at('dist'), { recursive: true });
  removeOrphans();
  writeFileSync(stamp, print);
}

/** Runs the program in our place: its output, its exit code, and the signals meant for it. */
function handOver(node, args, environment) {
  const program = spawn(node, args, { stdio: 'inherit', env: environment });
  program.on('error', (error) => giveUp(`cannot run ${node}: ${error.message}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => setTimeout(() => program.kill(signal), SIGNAL_GRACE_MS));
  }
  program.on('exit', (code, signal) => {
    if (signal !== null) say(`the program was ended by ${signal}`);
    process.exit(code ?? 1);
  });
}

function main([verb, ...args]) {
  const about = verbs[verb];
  if (about === undefined)
    giveUp(`unknown verb '${verb}'; one of ${Object.keys(verbs).join(', ')}`);
  if (!packagesAreThere()) install();
  const node = nodeToUse();
  const bin = at('node_modules/.bin');
  const environment = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  if (about.builds) build(environment);
  if (about.checks) runTool(environment, 'tsc', '-b');
  const [script, ...first] = about.runs;
  if (script !== undefined) handOver(node, [at(script), ...first, ...args], environment);
}

main(process.argv.slice(2));
