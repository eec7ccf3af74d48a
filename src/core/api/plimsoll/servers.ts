/** GET /servers: of the caller's project; of every project for an operator. */
import { Type } from 'typebox';
import { type ServerRow, servers } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { found, isOperator, missing, own } from './route.ts';
import { Server } from './schemas.ts';
import { serverOf } from './views.ts';

/** Whether the caller may see what belongs to the project. */
export const sees = (caller: Caller, project_id: string | null): boolean =>
  isOperator(caller) || (project_id !== null && caller.project_id === project_id);

const alive = ({ vm_state }: ServerRow): boolean => vm_state !== 'deleted';

export const listServers = own({
  method: 'GET',
  path: '/servers',
  summary: 'Servers, where they are and what is being done with them',
  audience: 'member',
  query: Type.Object({ host: Type.Optional(Type.String()) }),
  reply: Type.Object({ servers: Type.Array(Server) }),
  handle: ({ caller, query: { host } }, { ledger }) =>
    ledger.read((view) => {
      const shelf = view.rows(servers);
      const rows = host === undefined ? [...shelf.values()] : shelf.by('host', host);
      const seen = rows.filter((row) => alive(row) && sees(caller, row.project_id));
      return found({ servers: seen.map(serverOf) });
    }),
});

export const showServer = own({
  method: 'GET',
  path: '/servers/:uuid',
  summary: 'One server',
  audience: 'member',
  query: Type.Object({}),
  reply: Type.Object({ server: Server }),
  handle: ({ caller, params: { uuid = '' } }, { ledger }) =>
    ledger.read((view) => {
      const row = view.rows(servers).get(uuid);
      return row === undefined || !alive(row) || !sees(caller, row.project_id)
        ? missing(`server ${uuid}`)
        : found({ server: serverOf(row) });
    }),
});
