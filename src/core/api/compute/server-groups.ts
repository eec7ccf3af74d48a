/**
 * Server groups: rules about which hosts their members may share. The rule itself is the ledger's
 * (a slot group); the group that users see is kept with it, under one UUID.
 *
 *   below 2.15 hard policies alone · 2.13 its owner · 2.64 `policy` and `rules` for `policies`
 */
import { type Static, Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import { type SlotPolicy, slotGroups } from '../../ledger/rows.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { overrun, useOf } from '../../servers/quota.ts';
import { limitsOf } from '../../servers/quota-rows.ts';
import { type ServerGroupRow, serverGroups, servers } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault, overQuota } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { count, countOf, Name, truthIn } from './shapes.ts';

const hard = ['affinity', 'anti-affinity'] as const;
const soft = ['soft-affinity', 'soft-anti-affinity'] as const;
const oneOf = (words: readonly string[]) => Type.Union(words.map((word) => Type.Literal(word)));
const listed = (words: readonly string[]) =>
  bodyOf(
    strict({
      server_group: strict({
        name: Name,
        policies: Type.Array(oneOf(words), { minItems: 1, maxItems: 1 }),
      }),
    }),
  );
const Create = listed(hard);
const Create15 = listed([...hard, ...soft]);
const Group64 = strict({
  name: Name,
  policy: oneOf([...hard, ...soft]),
  rules: Type.Optional(strict({ max_server_per_host: Type.Optional(count(1)) })),
});
const Create64 = bodyOf(strict({ server_group: Group64 }));

interface Said {
  readonly name: string;
  readonly policy: SlotPolicy;
  readonly max_server_per_host: number | null;
}

interface Shown {
  readonly row: ServerGroupRow;
  readonly members: readonly string[];
}

const shownOf = (view: View, row: ServerGroupRow): Shown => ({
  row,
  members: view
    .rows(servers)
    .by('project_id', row.project_id)
    .filter((server) => server.group_uuid === row.uuid && server.vm_state !== 'deleted')
    .map((server) => server.uuid),
});

const groupView = ({ row, members }: Shown, { version }: Ask) => ({
  id: row.uuid,
  name: row.name,
  members,
  ...(version >= 13 ? { project_id: row.project_id, user_id: row.user_id } : {}),
  ...(version < 64
    ? { policies: [row.policy], metadata: {} }
    : {
        policy: row.policy,
        rules:
          row.max_server_per_host === null ? {} : { max_server_per_host: row.max_server_per_host },
      }),
});

function find(view: View, { params, caller }: Ask): Decision<ServerGroupRow, Refused> {
  const row = view.rows(serverGroups).get(params['id'] ?? '');
  const ours = row !== undefined && (row.project_id === caller.project_id || isAdmin(caller));
  return ours ? done(row) : refuse(404, `Instance group ${params['id']} could not be found.`);
}

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { query, caller } = ask;
  const all = truthIn(lastOf(query, 'all_projects') ?? 'false') === true && isAdmin(caller);
  const limit = lastOf(query, 'limit') ?? '1000';
  const offset = lastOf(query, 'offset') ?? '0';
  if (!/^\d+$/.test(limit) || !/^\d+$/.test(offset)) return fault(400, 'Invalid limit or offset.');
  const shown = await ledger.read((view) => {
    const shelf = view.rows(serverGroups);
    const rows = all ? [...shelf.values()] : shelf.by('project_id', caller.project_id ?? '');
    const page = rows.slice(Number(offset), Number(offset) + (Number(limit) || 1000));
    return page.map((row) => shownOf(view, row));
  });
  return json(200, { server_groups: shown.map((one) => groupView(one, ask)) });
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const group = find(view, ask);
    return group.is === 'no' ? group : done(shownOf(view, group.value));
  });
  return answered(found, (shown) => json(200, { server_group: groupView(shown, ask) }));
}

function said(ask: Ask): Decision<Said, string> {
  const { body } = ask.request;
  if (ask.version >= 64) {
    const read = Create64(body);
    return read.is === 'no' ? read : ruled(read.value.server_group);
  }
  const read = (ask.version >= 15 ? Create15 : Create)(body);
  if (read.is === 'no') return read;
  const { name, policies } = read.value.server_group;
  return done({ name, policy: policies[0] as unknown as SlotPolicy, max_server_per_host: null });
}

function ruled({ name, policy, rules }: Static<typeof Group64>): Decision<Said, string> {
  const most = rules?.max_server_per_host;
  if (most !== undefined && policy !== 'anti-affinity') {
    return { is: 'no', why: 'Only anti-affinity policy supports rules.' };
  }
  const max_server_per_host = most === undefined ? null : countOf(most);
  return done({ name, policy: policy as SlotPolicy, max_server_per_host });
}

async function create(ask: Ask, { ledger, entropy }: ComputeRooms): Promise<HttpResponse> {
  const { project_id, user_id } = ask.caller;
  if (project_id === null) return fault(403, 'A group needs a project: scope the token.');
  const body = said(ask);
  if (body.is === 'no') return fault(400, body.why);
  const row: ServerGroupRow = { uuid: entropy.uuid(), project_id, user_id, ...body.value };
  const reply = await ledger.submit((draft): Decision<ServerGroupRow, Refused> => {
    const used = useOf(draft, project_id).server_groups;
    const over = overrun(limitsOf(draft, project_id), 'server_groups', used, 1);
    if (over.length > 0) return refuse(403, overQuota(over));
    draft.put(serverGroups, row);
    const { uuid, max_server_per_host } = row;
    const max_per_host = max_server_per_host ?? 1;
    draft.put(slotGroups, { uuid, policy: body.value.policy, max_per_host });
    return done(row);
  });
  return answered(reply, () => json(200, { server_group: groupView({ row, members: [] }, ask) }));
}

async function remove(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const found = find(draft, ask);
    if (found.is === 'no') return found;
    draft.remove(serverGroups, found.value);
    // The rule lives on for as long as a member holds a slot under it.
    const rule = draft.books.slotGroups.get(found.value.uuid);
    if (rule !== undefined && !draft.books.slotsOf.has(rule.uuid)) draft.remove(slotGroups, rule);
    return done(undefined);
  });
  return answered(reply, () => ({ status: 204 }));
}

export const serverGroupRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-server-groups', who: 'reader', handle: list },
  { method: 'POST', path: '/os-server-groups', who: 'member', handle: create },
  { method: 'GET', path: '/os-server-groups/:id', who: 'reader', handle: show },
  { method: 'DELETE', path: '/os-server-groups/:id', who: 'member', handle: remove },
];
