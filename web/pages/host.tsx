/** One host: what it has, what is held of it, by whom, and who claimed that for them. */
import type { Host, RemovalPlan } from '../client.ts';
import { links } from '../links.ts';
import type { Known } from '../live.ts';
import { Empty, Fact, State } from '../parts/basics.tsx';
import { CellGauges } from '../parts/cells.tsx';
import { HostGauges } from '../parts/host-card.tsx';
import { ServerTable } from '../parts/tables.tsx';
import { useRead } from '../parts/use-read.ts';
import { clockTime, memory, moodOfHost } from '../words.ts';

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
      {host.devices.length > 0 && <HostDevices host={host} servers={known.servers} />}
      <section aria-labelledby="servers">
        <h2 id="servers">Servers</h2>
        <ServerTable servers={servers} />
      </section>
      <Holdings
        name={name}
        changed={servers.map(({ uuid, task_state }) => uuid + task_state).join()}
      />
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

interface HostDevicesProps {
  readonly host: Host;
  readonly servers: Known['servers'];
}

const HostDevices = ({ host, servers }: HostDevicesProps) => (
  <section aria-labelledby="devices">
    <h2 id="devices">Devices</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Kind</th>
          <th scope="col">NUMA cell</th>
          <th scope="col">Counted as</th>
          <th scope="col">State</th>
          <th scope="col">Held by</th>
        </tr>
      </thead>
      <tbody>
        {host.devices.map((device) => (
          <tr key={device.id}>
            <th scope="row">
              <code>{device.address}</code>
            </th>
            <td>
              {device.kind} {device.vendor_id}:{device.product_id}
            </td>
            <td>{device.cell ?? '–'}</td>
            <td>{device.resource_class}</td>
            <td>{device.state}</td>
            <td>
              <Holder holder={device.holder} servers={servers} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

/** A server, or the operation that moves one. */
function Holder({ holder, servers }: { holder: string | null; servers: Known['servers'] }) {
  if (holder === null) return <>–</>;
  const server = servers.get(holder);
  return (
    <a href={server === undefined ? links.operation(holder) : links.server(holder)}>
      {server?.name ?? 'an operation'}
    </a>
  );
}

/** Read anew when `changed` does. */
function Holdings({ name, changed }: { name: string; changed: string }) {
  const reading = useRead<RemovalPlan>(`/hosts/${encodeURIComponent(name)}/removal-plan`, changed);
  if (reading.is !== 'here') return null;
  const { removable, holdings } = reading.value;
  return (
    <section aria-labelledby="holdings">
      <h2 id="holdings">Held by</h2>
      <p>{removable ? 'It could leave the fleet.' : 'It cannot leave the fleet yet.'}</p>
      {holdings.length > 0 && <HoldingTable holdings={holdings} />}
    </section>
  );
}

const HoldingTable = ({ holdings }: Pick<RemovalPlan, 'holdings'>) => (
  <table>
    <thead>
      <tr>
        <th scope="col">Who</th>
        <th scope="col">Is</th>
        <th scope="col">Claimed by</th>
        <th scope="col">At</th>
        <th scope="col">What would end it</th>
      </tr>
    </thead>
    <tbody>
      {holdings.map(({ uuid, name, is, claimed_by, claimed_at_ms, next }) => (
        <tr key={uuid}>
          <th scope="row">{name}</th>
          <td>{is}</td>
          <td>
            <ClaimedBy step={claimed_by} />
          </td>
          <td>{clockTime(claimed_at_ms)}</td>
          <td>{next}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** e.g. `OPERATION/claim`: leads to the operation. */
function ClaimedBy({ step }: { step: string | null }) {
  const [operation = '', ...rest] = (step ?? '').split('/');
  if (step === null) return <>another client</>;
  if (rest.length === 0) return <>{step}</>;
  return <a href={links.operation(operation)}>step {rest.join(', ')}</a>;
}
