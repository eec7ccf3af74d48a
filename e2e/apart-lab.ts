/**
 * What is played on six machines: two control planes, three agents with real guests, and a database
 * and a broker that all share; all as docs/operating.md says, with TLS of our own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { authority } from '../src/real/authority.fixture.ts';
import { startNats, type TestBroker } from '../src/real/nats/server.fixture.ts';
import {
  postgresPrograms,
  startPostgres,
  type TestServer,
} from '../src/real/postgres/server.fixture.ts';
import { CLI } from './agent-process.ts';
import { type Api, apiOf, type Product, startProduct, until, upOrDown } from './product.ts';
import { HOSTS, type Host, PLANES, type Plane, SixMachines } from './six-machines.ts';

/** On addresses that only this lab has. */
const PORT = 21_980;
const BANDWIDTH_MIB = '24';

export class ApartLab {
  readonly machines = new SixMachines();
  readonly directory: string;
  readonly #planes = new Map<Plane, Product>();
  readonly #agents: ChildProcess[] = [];
  #database: TestServer | null = null;
  #broker: TestBroker | null = null;
  readonly #apis = new Map<Plane, Api>();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async up(): Promise<ApartLab> {
    const lab = new ApartLab(await mkdtemp(join(tmpdir(), 'p-')));
    return upOrDown(lab, () => lab.#start());
  }

  async #start(): Promise<void> {
    this.#certify();
    const shared = { within: this.machines.within('s'), address: this.machines.address('s') };
    this.#database = await startPostgres(postgresPrograms() as string, shared);
    // The broker comes later: it has to be told of the agents' keys first.
    writeFileSync(this.#file('control.key'), '', { mode: 0o600 });
    const broker = await startNats([], shared);
    writeFileSync(this.#file('control.key'), broker.seed, { mode: 0o600 });
    this.#broker = broker;
    for (const plane of PLANES) await this.#startPlane(plane);
    const tokens = await Promise.all(HOSTS.map((host) => this.#token(host)));
    await broker.restart(tokens);
    await Promise.all(HOSTS.map((host) => this.#startAgent(host)));
    await until(
      async () => (await this.api('GET', '/plimsoll/v1/hosts')).body.hosts as { state: string }[],
      (hosts) => hosts.length === HOSTS.length && hosts.every(({ state }) => state === 'up'),
    );
  }

  /** Through the first control plane that answers, as a balancer would. */
  api: Api = async (...given) => {
    for (const plane of PLANES) {
      const asked = this.of(plane)(...given).catch(() => null);
      const answer = await asked;
      if (answer !== null && answer.status !== 503) return answer;
    }
    throw new Error('no control plane answers');
  };

  of = (plane: Plane): Api => this.#apis.get(plane) as Api;
  plane = (plane: Plane): Product => this.#planes.get(plane) as Product;

  // ── what a guest is seen by ──────────────────────────────────────────────────────────────────

  /** What its console says there; '' where there is none. */
  consoleOn(host: Host, server: string): string {
    const path = join(this.directory, host, host, 'guests', server, 'console.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  recordOn(host: Host, server: string): string {
    const path = join(this.directory, host, host, 'guests', server, 'guest.json');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** How many QEMUs are at work there for it. */
  qemusOn = (host: Host, server: string): number => this.#qemus(host, server).length;

  #qemus(host: Host, server: string): number[] {
    const name = this.machines.name(host);
    const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n');
    return pids.map(Number).filter((pid) => {
      const path = `/proc/${pid}/cmdline`;
      const line = pid > 0 && existsSync(path) ? readFileSync(path, 'utf8') : '';
      return /^\S*qemu-system/.test(line) && line.includes(server);
    });
  }

  async down(): Promise<void> {
    for (const agent of this.#agents) agent.kill('SIGKILL');
    for (const host of HOSTS) {
      for (const pid of this.#qemus(host, '')) process.kill(pid, 'SIGKILL');
    }
    for (const product of this.#planes.values()) await product.stop('SIGKILL');
    await this.#broker?.stop();
    await this.#database?.stop();
    this.machines.remove();
    await rm(this.directory, { recursive: true, force: true });
  }

  // ── processes ────────────────────────────────────────────────────────────────────────────────

  #file = (name: string): string => join(this.directory, name);

  /** This process trusts our authority from now on, as the agents are told to. */
  #certify(): void {
    const ours = authority('ours');
    writeFileSync(this.#file('ca'), ours.cert);
    setDefaultCACertificates([...getCACertificates('default'), ours.cert]);
    for (const plane of PLANES) {
      const names = [this.machines.address(plane), this.machines.home(plane)];
      const { cert, key } = ours.issue(plane, names);
      writeFileSync(this.#file(`${plane}.crt`), cert);
      writeFileSync(this.#file(`${plane}.key`), key, { mode: 0o600 });
    }
  }

  async #startPlane(plane: Plane): Promise<void> {
    const { machines } = this;
    const tls = ['--tls-cert', this.#file(`${plane}.crt`), '--tls-key', this.#file(`${plane}.key`)];
    const nats = ['--nats', this.#broker?.url ?? '', '--nats-key', this.#file('control.key')];
    const shared = ['--shared', '--hosts', '0', '--images', this.#file('images')];
    const where = ['--host', '0.0.0.0', '--port', String(PORT), ...tls];
    const started = await startProduct({
      data: this.#file(plane),
      within: machines.within(plane),
      args: ['--database', this.#database?.url ?? '', ...shared, ...nats, ...where],
    });
    const { password } = this.#planes.get('p1') ?? started;
    const product = { ...started, password, url: `https://${machines.home(plane)}:${PORT}` };
    this.#planes.set(plane, product);
    this.#apis.set(plane, await apiOf(product));
  }

  async #token(host: Host): Promise<{ host: string; token: string }> {
    const { body } = await this.api('POST', `/plimsoll/v1/hosts/${host}/token`);
    writeFileSync(this.#file(`${host}.token`), `${host} ${body.token}\n`, { mode: 0o600 });
    return { host, token: body.token };
  }

  async #startAgent(host: Host): Promise<void> {
    const { machines } = this;
    mkdirSync(this.#file(host));
    // Orders come through the broker; images from whichever control plane answers.
    const urls = PLANES.map((plane) => `https://${machines.address(plane)}:${PORT}`);
    const control = [this.#broker?.url ?? '', ...urls].flatMap((url) => ['--control', url]);
    const own = ['--driver', 'qemu', '--tokens', this.#file(`${host}.token`)];
    const at = ['--state', this.#file(host), '--listen', machines.address(host)];
    const more = ['--bandwidth', BANDWIDTH_MIB, '--ca', this.#file('ca')];
    const [program, ...inside] = [...machines.within(host), process.execPath, CLI, 'agent'];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: this.#file('ca') };
    const args = [...inside, ...control, ...own, ...at, ...more];
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#agents.push(child);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          if (said.includes('is up')) resolve();
        });
      }
      child.once('exit', (code) => reject(new Error(`the agent of ${host}: ${code}, ${said}`)));
    });
  }
}
