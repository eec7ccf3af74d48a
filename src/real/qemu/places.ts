/**
 * Where hosts reach each other: by a path where both are on one machine, else by address and port.
 * Nothing on these ports is encrypted or asks who comes: they belong on a network of hosts alone.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Place = { readonly path: string } | { readonly host: string; readonly port: number };

export const connectTo = (place: Place): Socket =>
  'path' in place ? connect(place.path) : connect(place.port, place.host);

/** Listens there; of port 0 it is told which one it became. */
export function listenAt(server: Server, place: Place): Promise<Place> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen('path' in place ? { path: place.path } : { ...place }, () => {
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      resolve('path' in place ? place : { host: place.host, port });
    });
  });
}

/** For QEMU, which takes no port 0: one that was free just now, or a path. */
export async function freePlace(listen: string | null, path: string): Promise<Place> {
  if (listen === null) return { path };
  const server = createServer();
  const place = await listenAt(server, { host: listen, port: 0 });
  await new Promise((resolve) => server.close(resolve));
  return place;
}

/** e.g. `unix:/run/x`, `tcp:10.0.0.1:4444`: as QEMU has it in migrations. */
export const uriOf = (place: Place): string =>
  'path' in place ? `unix:${place.path}` : `tcp:${inUri(place.host)}:${place.port}`;

/** As QEMU has it of its NBD server … */
export const listenerOf = (place: Place) =>
  'path' in place
    ? { type: 'unix', data: { path: place.path } }
    : { type: 'inet', data: { host: place.host, port: String(place.port) } };

/** … and of who connects to it. */
export const serverOf = (place: Place) =>
  'path' in place
    ? { type: 'unix', path: place.path }
    : { type: 'inet', host: place.host, port: String(place.port) };

/** e.g. `::1` → `[::1]` */
const inUri = (host: string): string => (host.includes(':') ? `[${host}]` : host);
