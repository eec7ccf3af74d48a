/** A control plane and two agents with real guests, on two machines; all of it can be killed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Libvirtd, startLibvirtd } from '../src/real/libvirt/lab.fixture.ts';
import { countingServer } from './counting-server.ts';
import { SIDES, type Side, TwoMachines } from './netns.ts';
import { type Api, apiOf, type Product, ROOT, startProduct, upOrDown } from './product.ts';

const CLI = join(ROOT, 'dist/main/cli.js');

const DISK_SIZE = '300m';
const BANDWIDTH_MIB = '24';

export type Driver = 'qemu' | 'libvirt';
export const other = (side: Side): Side => (side === 'a' ? 'b' : 'a');

export class TwoHosts {
  readonly machines = new TwoMachines();
  readonly #directory: string;
  readonly #driver: Driver;
  readonly #libvirtds = new Map<Side, Libvirtd>();
  readonly #agents = new Map<Side, ChildProcess>();
  readonly #doors: Server[] = [];
  #product: Product | null = null;
  #api: Api = async () => ({ status: 0, body: null });
  id = '';

  private constructor(directory: string, driver: Driver) {
    this.#directory = directory;
    this.#driver = driver;
  }

  static async up(driver: Driver): Promise<TwoHosts> {
    const lab = new TwoHosts(await mkdtemp(join(tmpdir(), 'p-')), driver);
    return upOrDown(lab, () => lab.#start());
  }

  async #start(): Promise<void> {
    for (const side of SIDES) {
      mkdirSync(this.state(side));
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', this.state(side)]);
    }
    if (this.#driver === 'libvirt')
      await Promise.all(SIDES.map((side) => this.startLibvirtd(side)));
    await this.startControl();
    for (const side of SIDES) await this.#openDoor(side);
    for (const side of SIDES) await this.#token(side);
    for (const side of SIDES) await this.startAgent(side);
  }

  state = (side: Side): string => join(this.#directory, side);
  host = (side: Side): string => `far-${side}`;
  api: Api = (...given) => this.#api(...given);

  // ── processes ────────────────────────────────────────────────────────────────────────────────

  async startControl(): Promise<void> {
    const data = join(this.#directory, 'control');
    const product = await startProduct({ data, args: ['--hosts', '0'] });
    this.#product = product;
    this.#api = await apiOf(product);
  }

  async killControl(): Promise<void> {
    await this.#product?.stop('SIGKILL');
  }

  async startLibvirtd(side: Side): Promise<void> {
    const within = ['ip', 'netns', 'exec', this.machines.name(side)];
    const at = { directory: join(this.#directory, 'libvirt'), name: side, within };
    this.#libvirtds.set(side, await startLibvirtd({ ...at, ports: PORTS }));
  }

  killLibvirtd = async (side: Side): Promise<void> => this.#libvirtds.get(side)?.stop('SIGKILL');

  async startAgent(side: Side): Promise<void> {
    const { machines } = this;
    const address = machines.address(side);
    const control = `http://${machines.here(side)}:${CONTROL_PORT}`;
    const socket = this.#libvirtds.get(side)?.socket;
    const driver = ['--driver', this.#driver, ...(socket ? ['--libvirt-socket', socket] : [])];
    const args = [...driver, '--control', control, '--tokens', this.#tokens(side)];
    const more = ['--state', this.state(side), '--listen', address, '--bandwidth', BANDWIDTH_MIB];
    const inside = ['netns', 'exec', machines.name(side), process.execPath, CLI, 'agent'];
    const child = spawn('ip', [...inside, ...args, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#agents.set(side, child);
    await new Promise<void>((resolve, reject) => {
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          if (text.includes('is up')) resolve();
        });
      }
      child.once('exit', (code, signal) => {
        const line = `the agent of ${side} ended with ${code}: ${said}`;
        if (signal !== 'SIGKILL') console.error(line); // nobody asked for it
        reject(new Error(line));
      });
    });
  }

  signalAgent(side: Side, signal: NodeJS.Signals): Promise<void> {
    const child = this.#agents.get(side);
    const gone = new Promise<void>((resolve) => child?.once('exit', () => resolve()));
    child?.kill(signal);
    return signal === 'SIGKILL' ? gone : Promise.resolve();
  }

  /** The process ids of the guest's QEMUs there. */
  qemus(side: Side): number[] {
    const inside = execFileSync('ip', ['netns', 'pids', this.machines.name(side)], {
      encoding: 'utf8',
    });
    return inside
      .split('\n')
      .map(Number)
      .filter(
        (pid) => pid > 0 && /^\S*qemu-system/.test(given(pid)) && given(pid).includes(this.id),
      );
  }

  // ── the guest ────────────────────────────────────────────────────────────────────────────────

  async boot(): Promise<Side> {
    const product = this.#product as Product;
    const made = await countingServer({ api: this.api, product, directory: this.#directory });
    this.id = made.id;
    return this.sideOf(made.host);
  }

  async flavor(name: string, ram: number): Promise<string> {
    const flavor = { name, vcpus: 1, ram, disk: 0 };
    return (await this.api('POST', '/compute/v2.1/flavors', { flavor })).body.flavor.id;
  }

  server = async () => (await this.api('GET', `/compute/v2.1/servers/${this.id}`)).body.server;
  sideOf = (host: string): Side => (host === this.host('a') ? 'a' : 'b');

  folder = (side: Side): string => join(this.state(side), this.host(side), 'guests', this.id);

  /** What its console says, as the file on that machine has it; '' where there is none. */
  consoleOn(side: Side): string {
    const path = join(this.folder(side), 'console.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  recordOn(side: Side): string {
    const path = join(this.folder(side), 'guest.json');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  // ── trouble ──────────────────────────────────────────────────────────────────────────────────

  fill(side: Side): void {
    try {
      writeFileSync(join(this.state(side), 'ballast'), Buffer.alloc(400 * 1024 * 1024, 1));
    } catch {
      // Full, as it should be.
    }
  }

  empty(side: Side): void {
    rmSync(join(this.state(side), 'ballast'), { force: true });
  }

  async down(): Promise<void> {
    for (const child of this.#agents.values()) child.kill('SIGKILL');
    for (const side of SIDES) for (const pid of this.qemus(side)) process.kill(pid, 'SIGKILL');
    for (const libvirtd of this.#libvirtds.values()) await libvirtd.stop();
    await this.#product?.stop();
    for (const door of this.#doors) door.close();
    for (const side of SIDES) execFileSync('umount', ['-l', this.state(side)]);
    this.machines.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #tokens = (side: Side): string => join(this.#directory, `token-${side}`);

  async #token(side: Side): Promise<void> {
    const { body } = await this.api('POST', `/plimsoll/v1/hosts/${this.host(side)}/token`);
    writeFileSync(this.#tokens(side), `${body.host} ${body.token}\n`, { mode: 0o600 });
  }

  /** The control plane listens on loopback alone; this stands for the proxy in front of it. */
  #openDoor(side: Side): Promise<void> {
    const door = createServer((socket) => {
      const { hostname, port } = new URL(this.#product?.url ?? '');
      const inner = connect(Number(port), hostname);
      socket.pipe(inner).pipe(socket);
      const end = () => {
        socket.destroy();
        inner.destroy();
      };
      for (const one of [socket, inner]) one.on('error', end).on('close', end);
    });
    this.#doors.push(door);
    return new Promise((resolve) =>
      door.listen(CONTROL_PORT, this.machines.here(side), () => resolve()),
    );
  }
}

/** On addresses that only this lab has. */
const CONTROL_PORT = 22_222;
const PORTS = { first: 21_580, last: 21_599 };

function given(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
