/**
 * Microversions: one API in ninety-six shapes, of which each request chooses one.
 *
 *   OpenStack-API-Version: compute 2.90    from clients since 2.27; wins where both are sent
 *   X-OpenStack-Nova-API-Version: 2.90     from older ones, and from some new ones as well
 *   neither                                2.1;  `latest` is VERSION_MAX
 *
 * A version is told here by its minor number alone: 90 for 2.90.
 */
import type { HttpRequest, HttpResponse } from '../http.ts';
import { fault } from './faults.ts';

export const VERSION_MIN = 1;
export const VERSION_MAX = 96;

const NEW = 'openstack-api-version';
const LEGACY = 'x-openstack-nova-api-version';

/** The version that is asked for, or the answer to one that we do not speak. */
export function versionOf({ headers }: HttpRequest): number | HttpResponse {
  const asked = named(headers[NEW]) ?? headers[LEGACY]?.split(',')[0]?.trim() ?? '2.1';
  if (asked.toLowerCase() === 'latest') return VERSION_MAX;
  const parts = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked);
  if (parts === null) return fault(400, `API Version String ${asked} is of invalid format.`);
  const minor = Number(parts[2]);
  const spoken = parts[1] === '2' && minor >= VERSION_MIN && minor <= VERSION_MAX;
  if (spoken) return minor;
  return fault(
    406,
    `Version ${asked} is not spoken here: 2.${VERSION_MIN} to 2.${VERSION_MAX} are.`,
  );
}

/** e.g. 'placement 1.30, compute 2.90' → '2.90' */
function named(header: string | undefined): string | undefined {
  for (const part of header?.split(',') ?? []) {
    const [service, version] = part.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version !== undefined) return version;
  }
  return undefined;
}

/** What every answer says of its version, so that caches keep the shapes apart. */
export function versionHeaders(request: HttpRequest): Readonly<Record<string, string>> {
  const version = versionOf(request);
  const vary = { vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version' };
  if (typeof version !== 'number') return vary;
  return { ...vary, [NEW]: `compute 2.${version}`, [LEGACY]: `2.${version}` };
}
