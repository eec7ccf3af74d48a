/**
 * A plain forwarder of TCP connections, on loopback: the balancer in front of the control planes,
 * and the cables that a fault can pull.
 *
 *   client ──► forwarder ──► the first of its targets, in an order drawn by lot, that takes it
 *                  └─ cut: every connection breaks, and new ones are refused, until it is mended
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Forwarder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targets: () => readonly number[];
  #isCut = false;

  private constructor(targets: () => readonly number[]) {
    this.#targets = targets;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#meet(socket));
  }

  static async open(targets: () => readonly number[]): Promise<Forwarder> {
    const forwarder = new Forwarder(targets);
    await new Promise<void>((resolve) => {
      forwarder.#server.listen(0, '127.0.0.1', resolve);
    });
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #meet(client: Socket): void {
    this.#keep(client);
    if (this.#isCut) client.destroy();
    else this.#reach(client, [...this.#targets()]);
  }

  #reach(client: Socket, [first, ...others]: readonly number[]): void {
    if (first === undefined || this.#isCut) {
      client.destroy();
      return;
    }
    const target = connect(first, '127.0.0.1');
    this.#keep(target);
    const refused = () => this.#reach(client, others);
    target.once('error', refused);
    target.once('connect', () => {
      target.off('error', refused);
      client.pipe(target);
      target.pipe(client);
      client.once('close', () => target.destroy());
      target.once('close', () => client.destroy());
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
