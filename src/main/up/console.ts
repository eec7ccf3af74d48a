/** The console's files, read once at the start and served from memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { HttpResponse, Service } from '../../core/api/http.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere is loaded, run or framed. */
const safety = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/**
 * The service at `/`. To a browser every address that is no file is a page of the console, which
 * reads the rest of it; a program that asks for an API that is not here is told so.
 */
export function consoleService(directory: string): Service<null> {
  const files = new Map(filesBelow(directory));
  const page = files.get('/index.html');
  const pageOrNotBuilt = page ?? text(404, 'The console was not built: npm run build\n');
  return {
    name: 'console',
    prefix: '',
    routes: [
      { method: 'GET', path: '/', handle: () => pageOrNotBuilt },
      {
        method: 'GET',
        path: '/assets/:file',
        handle: ({ path }) => files.get(path) ?? text(404, 'There is no such file.\n'),
      },
    ],
    notFound: ({ method, headers }) =>
      method === 'GET' && headers['accept']?.includes('text/html') === true
        ? pageOrNotBuilt
        : text(404, 'There is nothing here.\n'),
    wrongMethod: (_request, allow) => ({
      ...text(405, 'Only GET is possible here.\n'),
      headers: { 'content-type': 'text/plain', allow: allow.join(', ') },
    }),
    failed: () => text(500, 'This is a fault of ours; the log has more.\n'),
  };
}

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

function filesBelow(directory: string): [string, HttpResponse][] {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // not built; the page says so
  }
  return names.flatMap((name): [string, HttpResponse][] => {
    const type = types[extname(name)];
    if (type === undefined) return [];
    const lasting = name.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache';
    const headers = { 'content-type': type, 'cache-control': lasting, ...safety };
    return [[`/${name}`, { status: 200, headers, body: readFileSync(join(directory, name)) }]];
  });
}
