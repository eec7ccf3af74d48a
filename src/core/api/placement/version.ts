/**
 * Microversions: which dialect of Placement a request speaks, 1.0 to 1.39.
 *
 *   OpenStack-API-Version: placement 1.17     → 17
 *   OpenStack-API-Version: placement latest   → 39
 *   (none, or another service's alone)        → 0
 *
 * Every version keeps its behaviour for good, so a version is just the number after the dot.
 */
import { type Decision, done, no } from '../../ports/reply.ts';
import type { HttpRequest } from '../http.ts';
import { type Fault, fault } from './fault.ts';

export const VERSION_MIN = 0;
export const VERSION_MAX = 39;
export const VERSION_HEADER = 'openstack-api-version';

/** Headers seen lately and what they mean; clients send the same few for ever. */
const known = new Map<string, Decision<number, Fault>>();
const KNOWN_MAX = 256;

const oldest = done(VERSION_MIN);

export function versionOf(request: HttpRequest): Decision<number, Fault> {
  const header = request.headers[VERSION_HEADER];
  if (header === undefined) return oldest;
  const seen = known.get(header);
  if (seen !== undefined) return seen;
  const read = readHeader(header);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(header, read);
  return read;
}

function readHeader(header: string): Decision<number, Fault> {
  for (const part of header.split(',')) {
    const [service, version] = part.trim().toLowerCase().split(/\s+/, 2);
    if (service === 'placement' && version !== undefined) return readVersion(version);
  }
  return oldest;
}

function readVersion(text: string): Decision<number, Fault> {
  if (text === 'latest') return done(VERSION_MAX);
  const parts = /^(\d+)\.(\d+)$/.exec(text);
  if (parts === null) {
    return no(fault(400, `Invalid microversion: invalid version string: ${text}`));
  }
  const minor = Number(parts[2]);
  if (Number(parts[1]) === 1 && minor <= VERSION_MAX) return done(minor);
  return no({
    ...fault(406, `Invalid microversion: Unacceptable version header: ${text}`),
    more: { max_version: `1.${VERSION_MAX}`, min_version: `1.${VERSION_MIN}` },
  });
}
