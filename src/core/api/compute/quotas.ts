/**
 * Quota sets: what a project, one of its users, or everybody may have. −1 is without a limit.
 *
 *   2.36 (classes: 2.50) network resources are gone · 2.50 classes have server groups
 *   2.57 files to inject are gone
 */
import { Type } from 'typebox';
import { keyOf } from '../../base/table.ts';
import { projects } from '../../identity/rows.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { useOf } from '../../servers/quota.ts';
import {
  ALL_USERS,
  classLimits,
  EVERYBODY,
  type Limits,
  limitsOf,
  quotaClasses,
  quotas,
  type Resource,
  type SaidLimits,
  UNLIMITED,
} from '../../servers/quota-rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { Truth, truthOf } from './shapes.ts';

// ── which resources a version knows ──────────────────────────────────────────────────────────

const base = ['instances', 'cores', 'ram', 'metadata_items', 'key_pairs'] as const;
const groups = ['server_groups', 'server_group_members'] as const;
const files = [
  'injected_files',
  'injected_file_content_bytes',
  'injected_file_path_bytes',
] as const;
const network = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'] as const;

const ofSet = (version: number): Resource[] => [
  ...base,
  ...groups,
  ...(version < 57 ? files : []),
  ...(version < 36 ? network : []),
];
const ofClass = (version: number): Resource[] => [
  ...base,
  ...(version < 50 ? network : groups),
  ...(version < 57 ? files : []),
];

const shown = (limits: Limits, resources: readonly Resource[]) =>
  Object.fromEntries(resources.map((name) => [name, limits[name]]));

// ── bodies ───────────────────────────────────────────────────────────────────────────────────

const Limit = Type.Optional(
  Type.Union([
    Type.Integer({ minimum: UNLIMITED, maximum: 2 ** 31 - 1 }),
    Type.String({ pattern: '^(-1|[0-9]{1,9})$' }),
  ]),
);
const limitsIn = (resources: readonly Resource[]) =>
  Object.fromEntries(resources.map((name) => [name, Limit]));
const readers = <T>(make: (version: number) => T): ((version: number) => T) => {
  const [first, at36, at50, at57] = [1, 36, 50, 57].map(make) as [T, T, T, T];
  return (version) => (version < 36 ? first : version < 50 ? at36 : version < 57 ? at50 : at57);
};
const setBody = readers((version) =>
  bodyOf(
    strict({ quota_set: strict({ ...limitsIn(ofSet(version)), force: Type.Optional(Truth) }) }),
  ),
);
const classBody = readers((version) =>
  bodyOf(strict({ quota_class_set: strict(limitsIn([...ofClass(version), ...groups])) })),
);

const limitsSaid = (said: Readonly<Record<string, unknown>>): SaidLimits =>
  Object.fromEntries(Object.entries(said).map(([name, limit]) => [name, Number(limit)]));

// ── quota sets ───────────────────────────────────────────────────────────────────────────────

interface Target {
  readonly project: string;
  readonly user: string;
}
const targetOf = ({ params, query }: Ask): Target => ({
  project: params['project'] ?? '',
  user: lastOf(query, 'user_id') ?? ALL_USERS,
});

/** One's own project, or any for operators. */
const mayAsk = ({ params, caller }: Ask): boolean =>
  params['project'] === caller.project_id || isAdmin(caller);

const known = (view: View, { project }: Target): Decision<void, Refused> =>
  view.rows(projects).has(project)
    ? done(undefined)
    : refuse(400, `Project ID ${project} is not a valid project.`);

/** Answers with what `look` finds, once the caller may ask and the project is there. */
const about =
  (look: (view: View, target: Target, version: number) => object) =>
  async (ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    if (!mayAsk(ask)) return forbidden();
    const target = targetOf(ask);
    const found = await ledger.read((view) => {
      const there = known(view, target);
      return there.is === 'no' ? there : done(look(view, target, ask.version));
    });
    return answered(found, (limits) => json(200, { quota_set: { id: target.project, ...limits } }));
  };

const show = about((view, { project, user }, version) =>
  shown(limitsOf(view, project, user), ofSet(version)),
);

const defaults = about((view, _, version) => shown(classLimits(view, EVERYBODY), ofSet(version)));

const detail = about((view, { project, user }, version) => {
  const limits = limitsOf(view, project, user);
  const use = useIn(view, { project, user });
  const parts = ofSet(version).map((name) => {
    return [name, { limit: limits[name], in_use: use[name] ?? 0, reserved: 0 }] as const;
  });
  return Object.fromEntries(parts);
});

const useIn = (view: View, { project, user }: Target): SaidLimits =>
  useOf(view, project, user === ALL_USERS ? null : user);

async function update(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = setBody(ask.version)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { force, ...rest } = body.value.quota_set;
  const said = limitsSaid(rest);
  const target = targetOf(ask);
  const reply = await ledger.submit((draft): Decision<Limits, Refused> => {
    const there = known(draft, target);
    if (there.is === 'no') return there;
    const wrong = truthOf(force) ? null : contradiction(draft, target, said);
    return wrong === null ? done(write(draft, target, said)) : refuse(400, wrong);
  });
  return answered(reply, (limits) => json(200, { quota_set: shown(limits, ofSet(ask.version)) }));
}

function write(draft: Draft, { project: project_id, user: user_id }: Target, said: SaidLimits) {
  const before = draft.rows(quotas).get(keyOf(project_id, user_id))?.limits;
  draft.put(quotas, { project_id, user_id, limits: { ...before, ...said } });
  return limitsOf(draft, project_id, user_id);
}

/** What speaks against these limits, unless they are forced; null: nothing. */
function contradiction(view: View, target: Target, said: SaidLimits): string | null {
  const use = useIn(view, target);
  const widest = target.user === ALL_USERS ? null : limitsOf(view, target.project);
  for (const [name, limit] of Object.entries(said) as [Resource, number][]) {
    const used = use[name] ?? 0;
    if (limit !== UNLIMITED && limit < used) {
      return `Quota limit ${limit} for ${name} must not be below the ${used} in use.`;
    }
    const most = widest?.[name] ?? UNLIMITED;
    if (most !== UNLIMITED && (limit === UNLIMITED || limit > most)) {
      return `Quota limit ${limit} for ${name} must not be above the project's, ${most}.`;
    }
  }
  return null;
}

/** Back to what holds for everybody: a user's own limits alone, or all that the project has. */
async function remove(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const target = targetOf(ask);
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const there = known(draft, target);
    if (there.is === 'no') return there;
    const rows = draft.rows(quotas).by('project_id', target.project);
    for (const row of [...rows]) {
      if (target.user === ALL_USERS || row.user_id === target.user) draft.remove(quotas, row);
    }
    return done(undefined);
  });
  return answered(reply, () => ({ status: 202 }));
}

// ── classes ──────────────────────────────────────────────────────────────────────────────────

async function showClass(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { name = '' } = ask.params;
  const limits = await ledger.read((view) => classLimits(view, name));
  return json(200, { quota_class_set: { id: name, ...shown(limits, ofClass(ask.version)) } });
}

async function updateClass(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = classBody(ask.version)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name = '' } = ask.params;
  const said = limitsSaid(body.value.quota_class_set);
  const reply = await ledger.submit((draft): Decision<Limits, Refused> => {
    const before = draft.rows(quotaClasses).get(name)?.limits;
    draft.put(quotaClasses, { name, limits: { ...before, ...said } });
    return done(classLimits(draft, name));
  });
  return answered(reply, (limits) =>
    json(200, { quota_class_set: shown(limits, ofClass(ask.version)) }),
  );
}

const SET = '/os-quota-sets/:project';
const CLASS = '/os-quota-class-sets/:name';
export const quotaRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: SET, who: 'reader', handle: show },
  { method: 'PUT', path: SET, who: 'admin', handle: update },
  { method: 'DELETE', path: SET, who: 'admin', handle: remove },
  { method: 'GET', path: `${SET}/detail`, who: 'reader', handle: detail },
  { method: 'GET', path: `${SET}/defaults`, who: 'reader', handle: defaults },
  { method: 'GET', path: CLASS, who: 'admin', handle: showClass },
  { method: 'PUT', path: CLASS, who: 'admin', handle: updateClass },
];
