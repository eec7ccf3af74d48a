/** Every address of the console, made and read in one place. */

export const links = {
  fleet: () => '/',
  host: (name: string) => `/hosts/${encodeURIComponent(name)}`,
  servers: () => '/servers',
  server: (uuid: string) => `/servers/${uuid}`,
  operations: () => '/operations',
  operation: (id: string) => `/operations/${id}`,
  explanation: (id: string) => `/explanations/${id}`,
} as const;

export type Place =
  | { readonly page: 'fleet' | 'servers' | 'operations' | 'nowhere' }
  | { readonly page: 'host' | 'server' | 'operation' | 'explanation'; readonly id: string };

const pages = {
  hosts: 'host',
  servers: 'server',
  operations: 'operation',
  explanations: 'explanation',
} as const;

/** e.g. `/hosts/h1` → the page `host` of `h1`. */
export function placeOf(path: string): Place {
  const [noun = '', id] = path.split('/').filter((part) => part !== '');
  if (noun === '') return { page: 'fleet' };
  if (id === undefined) {
    return noun === 'servers' || noun === 'operations' ? { page: noun } : { page: 'nowhere' };
  }
  return noun in pages
    ? { page: pages[noun as keyof typeof pages], id: decodeURIComponent(id) }
    : { page: 'nowhere' };
}
