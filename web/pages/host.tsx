/** One host: what it has, what is held of it, and by whom. */
import type { Host } from '../client.ts';
import type { Known } from '../live.ts';
import { Empty, Fact, State } from '../parts/basics.tsx';
import { CellGauges } from '../parts/cells.tsx';
import { HostGauges } from '../parts/host-card.tsx';
import { ServerTable } from '../parts/tables.tsx';
import { memory, moodOfHost } from '../words.ts';

export function HostPage({ known, name }: { known: Known; name: string }) {
  const host = known.hosts.get(name);
  if (host === undefined) {
    return <Empty>{known.state === 'loading' ? 'Reading…' : `There is no host ${name}.`}</Empty>;
  }
  const servers = [...known.servers.values()].filter((server) => server.host === name);
  return (
    <>
      <h1>{host.name}</h1>
      <HostFacts host={host} />
      <section aria-labelledby="room">
        <h2 id="room">Room</h2>
        <HostGauges host={host} />
      </section>
      {host.cells.length > 0 && <HostCells host={host} />}
      <section aria-labelledby="servers">
        <h2 id="servers">Servers</h2>
        <ServerTable servers={servers} />
      </section>
    </>
  );
}

const HostFacts = ({ host }: { host: Host }) => (
  <dl class="facts">
    <Fact name="State">
      <State mood={moodOfHost(host)}>{host.state}</State>
    </Fact>
    <Fact name="New servers">
      {host.status === 'enabled' ? 'taken' : `refused: ${host.disabled_reason ?? 'disabled'}`}
    </Fact>
    <Fact name="Availability zone">{host.availability_zone}</Fact>
    <Fact name="Hardware">
      {host.vcpus} CPUs, {memory(host.memory_mib)}, {host.disk_gib} GiB
    </Fact>
    <Fact name="Resource provider">
      <code>{host.uuid}</code>
    </Fact>
  </dl>
);

const HostCells = ({ host }: { host: Host }) => (
  <section aria-labelledby="cells">
    <h2 id="cells">NUMA cells</h2>
    {host.cells.map((cell) => (
      <CellGauges key={cell.cell} cell={cell} />
    ))}
  </section>
);
