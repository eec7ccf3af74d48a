/**
 * The console is a client of the public APIs like any other: it logs in by Keystone's password
 * method, reads `/plimsoll/v1`, acts through Compute, and has no privilege of its own.
 */
import type { Static } from 'typebox';
import type { AuditReply, Finding as FindingSchema } from '../src/core/api/plimsoll/audit.ts';
import type { FlavorFits } from '../src/core/api/plimsoll/fits-schemas.ts';
import type { RemovalPlan as RemovalPlanSchema } from '../src/core/api/plimsoll/removal-plan.ts';
import type {
  Cell as CellSchema,
  Explanation as ExplanationSchema,
  Host as HostSchema,
  OperationBrief as OperationBriefSchema,
  Operation as OperationSchema,
  Server as ServerSchema,
} from '../src/core/api/plimsoll/schemas.ts';
import type { StuckOperation as StuckOperationSchema } from '../src/core/api/plimsoll/stuck.ts';

export type Cell = Static<typeof CellSchema>;
export type Host = Static<typeof HostSchema>;
export type Server = Static<typeof ServerSchema>;
export type Operation = Static<typeof OperationSchema>;
export type OperationBrief = Static<typeof OperationBriefSchema>;
export type Explanation = Static<typeof ExplanationSchema>;
export type RemovalPlan = Static<typeof RemovalPlanSchema>;
export type Finding = Static<typeof FindingSchema>;
export type StuckOperation = Static<typeof StuckOperationSchema>;
export type Fits = Static<typeof FlavorFits>;

const TOKEN = 'plimsoll-token';

export const loggedIn = (): boolean => sessionStorage.getItem(TOKEN) !== null;
export const logOut = (): void => sessionStorage.removeItem(TOKEN);

/** Null when it worked; otherwise a sentence. */
export async function logIn(user: string, password: string, project: string) {
  const domain = { name: 'Default' };
  const response = await fetch('/identity/v3/auth/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name: user, password, domain } } },
        scope: { project: { name: project, domain } },
      },
    }),
  });
  const token = response.headers.get('x-subject-token');
  if (response.status !== 201 || token === null) {
    return response.status === 401
      ? 'That user and password do not go together.'
      : `The server answered ${response.status}.`;
  }
  sessionStorage.setItem(TOKEN, token);
  return null;
}

/** An answer that was not the one asked for, in words for the reader. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN) ?? '';
  const headers = { ...(init.headers as Record<string, string>), 'x-auth-token': token };
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  if (response.status === 401) logOut();
  throw new Refused(response.status, await sentence(response));
}

/** The words of an error body: ours, or Compute's `{kind: {code, message}}`. */
async function sentence(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const problem = (body ?? {}) as Record<string, unknown>;
  const inner = Object.values(problem).find((value) => typeof value === 'object') ?? problem;
  const { message } = (inner ?? {}) as { message?: string };
  return message ?? `the server answered ${response.status}`;
}

export async function read<T>(path: string, signal: AbortSignal): Promise<T> {
  return (await send(`/plimsoll/v1${path}`, { signal })).json() as Promise<T>;
}

/** A PNG file, in base64. */
export async function screenshotOf(uuid: string): Promise<string> {
  const path = `/servers/${uuid}/screenshot`;
  return (await read<{ png: string }>(path, AbortSignal.timeout(SCREEN_WITHIN_MS))).png;
}
const SCREEN_WITHIN_MS = 15_000;

const act = (path: string, method: string, body?: object) =>
  send(`/compute/v2.1${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'openstack-api-version': 'compute 2.79' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

export const migrateLive = (uuid: string) =>
  act(`/servers/${uuid}/action`, 'POST', {
    'os-migrateLive': { host: null, block_migration: 'auto' },
  });
export const deleteServer = (uuid: string) => act(`/servers/${uuid}`, 'DELETE');

const own = async <T>(path: string, body?: object): Promise<T> => {
  const headers = { 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  return (await send(`/plimsoll/v1${path}`, { method: 'POST', ...sent })).json() as Promise<T>;
};

/** Gives what came of it in a sentence, as the next does. */
export async function auditNow(dry_run: boolean): Promise<string> {
  const { audit } = await own<{ audit: Static<typeof AuditReply> }>('/audit', { dry_run });
  const left = audit.found.filter(({ state }) => state === 'left').length;
  const mended = audit.found.length - left;
  const silent = audit.silent.length === 0 ? '' : ` No answer: ${audit.silent.join(', ')}.`;
  const would = dry_run ? 'would be put right' : 'put right';
  return `${audit.audited} hosts: ${mended} ${would}, ${left} left.${silent}`;
}

export async function undoFinding(id: number): Promise<string> {
  const { finding } = await own<{ finding: Finding }>(`/audit/findings/${id}/undo`);
  return `Put back: ${finding.what}.`;
}

export async function resetOperation(id: string, how: 'undo' | 'retry'): Promise<string> {
  const path = `/operations/${encodeURIComponent(id)}/reset`;
  const { operation } = await own<{ operation: OperationBrief }>(path, { how });
  return `${operation.saga} goes on: it is ${operation.state}.`;
}

export interface Told {
  readonly event: string;
  readonly data: unknown;
}

/**
 * Calls `opened` once nothing is missed any more, and `hear` with each event until `signal` ends
 * it; throws when the connection is lost.
 */
export async function listen(
  hear: (told: Told) => void,
  signal: AbortSignal,
  opened: () => void,
): Promise<void> {
  const { body } = await send('/plimsoll/v1/events', { signal });
  if (body === null) return;
  opened();
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) hearBlock(block, hear);
  }
}

function hearBlock(block: string, hear: (told: Told) => void): void {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const event = fields.get('event');
  const data = fields.get('data');
  if (event !== undefined && data !== undefined) hear({ event, data: JSON.parse(data) });
}
