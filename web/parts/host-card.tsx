/** One host on the map: how full it is, its NUMA cells, and the servers on it. */
import type { Host, Server } from '../client.ts';
import { links } from '../links.ts';
import { fullness, memory, moodOfHost, moodOfServer, percent } from '../words.ts';
import { Gauge, State } from './basics.tsx';
import { CellBoxes } from './cells.tsx';

interface HostCardProps {
  readonly host: Host;
  readonly servers: readonly Server[];
}

export function HostCard({ host, servers }: HostCardProps) {
  const full = percent(fullness(host));
  return (
    <article class="card host" aria-label={`host ${host.name}, ${full} full`}>
      <header>
        <h2>
          <a href={links.host(host.name)}>{host.name}</a>
        </h2>
        <State mood={moodOfHost(host)}>
          {host.state}
          {host.status === 'disabled' ? ', disabled' : ''}
        </State>
      </header>
      <HostGauges host={host} />
      {host.cells.length > 0 && <CellBoxes cells={host.cells} />}
      <ServerBlocks servers={servers} />
    </article>
  );
}

export const HostGauges = ({ host }: { host: Host }) => (
  <div class="gauges">
    <Gauge label="vCPU" used={host.vcpus_used} limit={host.vcpus_limit} />
    <Gauge label="Memory" used={host.memory_mib_used} limit={host.memory_mib_limit} say={memory} />
    <Gauge
      label="Disk"
      used={host.disk_gib_used}
      limit={host.disk_gib_limit}
      say={(gib) => `${gib} GiB`}
    />
  </div>
);

/** One block a server, as wide as its vCPUs. */
export const ServerBlocks = ({ servers }: { servers: readonly Server[] }) => (
  <ul class="blocks" aria-label="servers">
    {servers.map((server) => (
      <li key={server.uuid} style={{ flexGrow: server.vcpus }}>
        <a
          class={`block ${moodOfServer(server)}`}
          href={links.server(server.uuid)}
          title={`${server.name}: ${server.vcpus} vCPU, ${memory(server.memory_mib)}`}
        >
          {server.name}
        </a>
      </li>
    ))}
  </ul>
);
