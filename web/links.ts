/** Every address of the console, made and read in one place. */

export const links = {
  fleet: () => '/',
  host: (name: string) => `/hosts/${encodeURIComponent(name)}`,
  servers: () => '/servers',
  server: (uuid: string) => `/servers/${uuid}`,
  operations: () => '/operations',
  operation: (id: string) => `/operations/${id}`,
  audit: () => '/audit',
  explanation: (id: string) => `/explanations/${id}`,
  fits: (flavor?: string) =>
    flavor === undefined ? '/fits' : `/fits/${encodeURIComponent(flavor)}`,
} as const;

export type Place =
  | { readonly page: 'fleet' | 'servers' | 'operations' | 'fits' | 'audit' | 'nowhere' }
  | { readonly page: (typeof pages)[keyof typeof pages]; readonly id: string };

const pages = {
  hosts: 'host',
  servers: 'server',
  operations: 'operation',
  explanations: 'explanation',
  fits: 'fits of',
} as const;

/** e.g. `/hosts/h1` → the page `host` of `h1`. */
export function placeOf(path: string): Place {
  const [noun = '', id] = path.split('/').filter((part) => part !== '');
  if (noun === '') return { page: 'fleet' };
  if (id === undefined) {
    const list = noun === 'servers' || noun === 'operations' || noun === 'fits' || noun === 'audit';
    return list ? { page: noun } : { page: 'nowhere' };
  }
  return noun in pages
    ? { page: pages[noun as keyof typeof pages], id: decodeURIComponent(id) }
    : { page: 'nowhere' };
}
