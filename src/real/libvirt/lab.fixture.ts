/**
 * Two libvirtd on this machine for tests, each in a mount and UTS namespace of its own, so that it
 * takes itself for a host alone: what libvirt keeps of its guests is its own.
 *
 *   DIRECTORY/NAME/{run,lib,etc,log,cache}   instead of the machine's own
 *                  sock/libvirt-sock         reached from outside
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../qemu/waiting.ts';
import { Line } from './line.ts';

const LIBVIRTD = '/usr/sbin/libvirtd';
const UP_WITHIN_MS = 60_000;

/** What is missing, in a line; null: nothing. */
export function missingLibvirt(): string | null {
  if (!existsSync(LIBVIRTD)) {
    return 'not here yet: apt-get install libvirt-daemon libvirt-daemon-driver-qemu';
  }
  if (process.getuid?.() !== 0) return 'a libvirtd of our own needs root';
  try {
    execFileSync('unshare', ['-m', '-u', 'true'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'there are no mount namespaces here';
  }
}

export interface Libvirtd {
  readonly socket: string;
  readonly process: ChildProcess;
  /** Its guests go on. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface LibvirtdAbout {
  /** All of it is below here, by name. */
  readonly directory: string;
  readonly name: string;
  /** Guests come by these ports; of two on one network, each has some of its own. */
  readonly ports: { readonly first: number; readonly last: number };
  /** What to run it by, e.g. in a network namespace; left out: by nothing. */
  readonly within?: readonly string[];
}

export async function startLibvirtd(about: LibvirtdAbout): Promise<Libvirtd> {
  const { directory, name, within = [] } = about;
  const at = join(directory, name);
  for (const part of ['run', 'lib', 'etc', 'log', 'cache', 'sock']) {
    mkdirSync(join(at, part), { recursive: true });
  }
  configure(at, about);
  const command = [
    ...within,
    'unshare',
    '-m',
    '-u',
    '--propagation',
    'private',
    'sh',
    '-euc',
    INSIDE,
  ];
  const [program = '', ...given] = command;
  const child = spawn(program, given, {
    env: { ...process.env, AT: at, NAME: name },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  const socket = join(at, 'sock/libvirt-sock');
  const line = new Line(socket);
  const up = await until(
    UP_WITHIN_MS,
    async () => {
      if (child.exitCode !== null) return 'ended';
      return (await line.check()).is === 'done' ? 'up' : null;
    },
    50,
  );
  if (up !== 'up') {
    child.kill('SIGKILL');
    throw new Error(readFileSync(join(at, 'log/libvirtd.log'), 'utf8').slice(-2000));
  }
  const stop = (signal: NodeJS.Signals = 'SIGTERM') =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  return { socket, process: child, stop };
}

/** As a host has it that trusts its guests: a test's machine has no users and labels for them. */
function configure(at: string, { name, ports }: LibvirtdAbout): void {
  const digest = createHash('md5').update(name).digest('hex');
  const uuid = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  const daemon = [
    ...['listen_tls = 0', 'listen_tcp = 0', 'auth_unix_rw = "none"'],
    ...[`unix_sock_dir = "${at}/sock"`, `host_uuid = "${uuid}"`],
    `log_outputs = "3:file:${at}/log/libvirtd.log"`,
  ];
  const qemu = [
    ...['user = "root"', 'group = "root"', 'dynamic_ownership = 0', 'remember_owner = 0'],
    ...['security_driver = "none"', 'stdio_handler = "file"', 'cgroup_controllers = [ ]'],
    ...['namespaces = [ ]', `migration_port_min = ${ports.first}`],
    `migration_port_max = ${ports.last}`,
  ];
  writeFileSync(join(at, 'etc/libvirtd.conf'), `${daemon.join('\n')}\n`);
  writeFileSync(join(at, 'etc/qemu.conf'), `${qemu.join('\n')}\n`);
  for (const [file, line] of NOBODY) {
    const all = readFileSync(join('/etc', file), 'utf8');
    writeFileSync(join(at, file), all.includes('libvirt-qemu:') ? all : `${all}${line}\n`);
  }
}

/** Who libvirt was built to run guests as, though it is told to do otherwise. */
const NOBODY = [
  ['passwd', 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin'],
  ['group', 'libvirt-qemu:x:64055:'],
] as const;

const INSIDE = `
hostname "$NAME"
ulimit -n 4096
for part in run lib log cache; do mkdir -p "/var/$part/libvirt"; done
mkdir -p /run/libvirt /etc/libvirt
mount --bind "$AT/run" /run/libvirt
mount --bind "$AT/etc" /etc/libvirt
for part in lib log cache; do mount --bind "$AT/$part" "/var/$part/libvirt"; done
for file in passwd group; do mount --bind "$AT/$file" "/etc/$file"; done
exec ${LIBVIRTD} --pid-file /run/libvirt/libvirtd.pid
`;
