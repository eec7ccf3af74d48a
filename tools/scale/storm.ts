/**
 * The storm: clients that ask for servers by the Compute API, each its next one as soon as the last
 * was answered, whether that runs already or not; each client at a control plane of its own choice.
 */
import { Agent, request } from 'node:http';

export interface StormAbout {
  readonly ports: readonly number[];
  readonly token: string;
  readonly servers: number;
  readonly clients: number;
  readonly image: string;
}

export interface Asked {
  readonly uuid: string;
  /** On the wall clock. */
  readonly at_ms: number;
  readonly answered_ms: number;
}

export interface Stormed {
  /** Those that were answered 202. */
  readonly asked: readonly Asked[];
  /** What other answers said. */
  readonly refused: readonly string[];
}

export async function storm(about: StormAbout): Promise<Stormed> {
  const { ports, servers, clients } = about;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const asked: Asked[] = [];
  const refused: string[] = [];
  let made = 0;
  const client = async (port: number) => {
    while (made < servers) {
      const name = `storm-${++made}`;
      const at_ms = Date.now();
      const { status, text } = await post({ ...about, port, agent, name });
      const answered_ms = Date.now() - at_ms;
      if (status === 202) asked.push({ uuid: JSON.parse(text).server.id, at_ms, answered_ms });
      else refused.push(`${status}: ${text.slice(0, 200)}`);
    }
  };
  const each = Array.from({ length: clients }, (_, at) => client(ports[at % ports.length] ?? 0));
  await Promise.all(each);
  agent.destroy();
  return { asked, refused };
}

interface PostAbout extends Pick<StormAbout, 'token' | 'image'> {
  readonly port: number;
  readonly agent: Agent;
  readonly name: string;
}

function post({ port, agent, token, name, image }: PostAbout) {
  const server = { name, flavorRef: '1', imageRef: image, networks: 'none' };
  const body = JSON.stringify({ server });
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'openstack-api-version': 'compute 2.90',
    'x-auth-token': token,
  };
  const where = { host: '127.0.0.1', port, agent, method: 'POST', path: '/compute/v2.1/servers' };
  return new Promise<{ status: number; text: string }>((resolve) => {
    request({ ...where, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', ({ message }) => resolve({ status: 0, text: message }))
      .end(body);
  });
}
