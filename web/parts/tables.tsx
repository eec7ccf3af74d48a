/** The lists of servers and of operations, wherever they appear. */
import type { OperationBrief, Server } from '../client.ts';
import { links } from '../links.ts';
import { clockTime, lasted, memory, moodOfServer, moodOfState } from '../words.ts';
import { Empty, State } from './basics.tsx';

export function ServerTable({ servers }: { servers: readonly Server[] }) {
  if (servers.length === 0) {
    return (
      <Empty>
        No servers. Make one:{' '}
        <code>openstack server create --image blank --flavor m1.small --network none first</code>
      </Empty>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col">Host</th>
          <th scope="col">Size</th>
        </tr>
      </thead>
      <tbody>
        {servers.map((server) => (
          <tr key={server.uuid}>
            <th scope="row">
              <a href={links.server(server.uuid)}>{server.name}</a>
            </th>
            <td>
              <ServerState server={server} />
            </td>
            <td>
              {server.host === null ? '–' : <a href={links.host(server.host)}>{server.host}</a>}
            </td>
            <td>
              {server.vcpus} vCPU, {memory(server.memory_mib)}, {server.disk_gib} GiB
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const ServerState = ({ server }: { server: Server }) => (
  <State mood={moodOfServer(server)}>{server.task_state ?? server.vm_state}</State>
);

interface OperationTableProps {
  readonly operations: readonly OperationBrief[];
  readonly nameOf: (server_uuid: string | null) => string;
}

export function OperationTable({ operations, nameOf }: OperationTableProps) {
  if (operations.length === 0) return <Empty>Nothing has been done here yet.</Empty>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Operation</th>
          <th scope="col">Server</th>
          <th scope="col">State</th>
          <th scope="col">Step</th>
          <th scope="col">Began</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {operations.map((run) => (
          <tr key={run.id}>
            <th scope="row">
              <a href={links.operation(run.id)}>{run.saga}</a>
            </th>
            <td>{nameOf(run.server_uuid)}</td>
            <td>
              <State mood={moodOfState(run.state)}>{run.state}</State>
            </td>
            <td>{run.step ?? '–'}</td>
            <td>{clockTime(run.started_at_ms)}</td>
            <td>{lasted(run.started_at_ms, run.ended_at_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
