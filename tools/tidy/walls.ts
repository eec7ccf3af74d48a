/**
 * Who may import whom.
 *
 *      main      everything                 cli, real ─► core          sim ─► core
 *      web       core, and sim in demo.ts   nothing ─► main            real and sim never meet
 *
 *   and inside core, a room those below it, never one beside it:
 *
 *      replica.ts, which puts the rooms of one process together   config, what can be set of them
 *      api   sagas   agent
 *      servers   scheduler   fleet   conductor   identity
 *      ledger
 *      devices
 *      ports   topology
 *      base
 *
 * Tests may look at everything except main: they are the ones that put rooms side by side.
 */
import { posix } from 'node:path';
import { type Finding, type Import, isTest, type Source } from './source.ts';

const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  sim: ['core', 'sim'],
  real: ['core', 'real'],
  cli: ['core', 'cli'],
  web: ['core', 'web'],
};

const levels: readonly (readonly string[])[] = [
  ['base'],
  ['ports', 'topology'],
  ['devices'],
  ['ledger'],
  ['servers', 'scheduler', 'fleet', 'conductor', 'identity'],
  ['api', 'sagas', 'agent'],
  ['replica', 'config'],
];

/** Imports past the levels, by room. */
const doors: Readonly<Record<string, readonly Door[]>> = {
  // What users may do to servers, as types: the API asks, the sagas answer.
  api: [{ target: 'src/core/sagas/operations.ts', types_only: true }],
  // It judges hosts and servers as they are written down, and calls nothing of theirs.
  scheduler: [
    { target: 'src/core/fleet/rows.ts', types_only: false },
    { target: 'src/core/fleet/aggregate-rows.ts', types_only: false },
    { target: 'src/core/fleet/health-rows.ts', types_only: false },
    { target: 'src/core/fleet/metric-rows.ts', types_only: false },
    { target: 'src/core/servers/rows.ts', types_only: false },
    { target: 'src/core/servers/lifetime.ts', types_only: false },
  ],
};
interface Door {
  readonly target: string;
  readonly types_only: boolean;
}

/** Packages that are pure themselves, and so may be used where Node is not. */
const PURE_PACKAGES = ['typebox'];

const isPure = (ring: string): boolean => ring === 'core' || ring === 'sim';

export function walls({ path, imports }: Source): Finding[] {
  return imports.flatMap((one) => {
    const message = one.target.startsWith('.')
      ? insideWall(path, resolved(path, one), one)
      : outsideWall(path, one.target);
    return message === null ? [] : [{ path, line: one.line, message }];
  });
}

export const resolved = (path: string, { target }: Import): string =>
  posix.join(posix.dirname(path), target);

const ringOf = (path: string): string => /^(?:src\/)?(\w+)\//.exec(path)?.[1] ?? '';
/** A file at the top of core is a room of its own. */
const roomOf = (path: string): string => /^src\/core\/(\w+)/.exec(path)?.[1] ?? '';
const levelOf = (room: string): number => levels.findIndex((rooms) => rooms.includes(room));

function insideWall(path: string, target: string, { type_only }: Import): string | null {
  const [from, to] = [ringOf(path), ringOf(target)];
  if (to === 'main' && from !== 'main') return 'nothing may import src/main: it plugs us together';
  if (isTest(path)) return null;
  const allowed = mayImport[from];
  if (allowed !== undefined && !allowed.includes(to)) {
    if (path === 'web/demo.ts' && to === 'sim') return null;
    return `${from} must not see ${to}: ask through a port in src/core/ports`;
  }
  return from === 'core' ? betweenRooms(path, target, type_only) : null;
}

function betweenRooms(path: string, target: string, type_only: boolean): string | null {
  const [from, to] = [roomOf(path), roomOf(target)];
  const isOpen = (door: Door) => door.target === target && (type_only || !door.types_only);
  if (from === to || doors[from]?.some(isOpen)) return null;
  if (levelOf(from) === -1 || levelOf(to) === -1) return `${from} ─► ${to}: a room without a level`;
  if (levelOf(from) > levelOf(to)) return null;
  return `${from} must not import ${to}, which is not below it: see the levels in tools/tidy`;
}

function outsideWall(path: string, target: string): string | null {
  if (isTest(path) || !isPure(ringOf(path))) return null;
  if (PURE_PACKAGES.some((name) => target === name || target.startsWith(`${name}/`))) return null;
  return `${ringOf(path)} is pure and must not import ${target}: ask through src/core/ports`;
}

/** Files that import each other in a ring; types alone may, since they are gone when it runs. */
export function cycles(sources: readonly Source[]): Finding[] {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports
        .filter(({ target, type_only }) => target.startsWith('.') && !type_only)
        .map((one) => ({ to: resolved(source.path, one), line: one.line })),
    ]),
  );
  const findings: Finding[] = [];
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (path: string, trail: readonly string[]): void => {
    state.set(path, 'open');
    for (const { to, line } of edges.get(path) ?? []) {
      if (state.get(to) === 'open') {
        const ring = [...trail.slice(trail.indexOf(to)), to].join(' ─► ');
        findings.push({ path, line, message: `a ring of imports: ${ring}` });
      } else if (!state.has(to)) visit(to, [...trail, to]);
    }
    state.set(path, 'closed');
  };
  for (const { path } of sources) if (!state.has(path)) visit(path, [path]);
  return findings;
}
