/** The fleet as a map: every host, how full it is, and what runs there. */
import type { Server } from '../client.ts';
import type { Known } from '../live.ts';
import { Empty } from '../parts/basics.tsx';
import { HostCard } from '../parts/host-card.tsx';
import { fullness, moodOfServer, percent } from '../words.ts';

export function Fleet({ known }: { known: Known }) {
  const hosts = [...known.hosts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const servers = [...known.servers.values()];
  const here = Map.groupBy(servers, (server) => server.host ?? '');
  return (
    <>
      <h1>Fleet</h1>
      <Summary known={known} />
      {hosts.length === 0 && known.state !== 'loading' ? (
        <Empty>
          No hosts to show. An operator (role admin) sees all of them; a host appears when its agent
          reports.
        </Empty>
      ) : (
        <div class="map">
          {hosts.map((host) => (
            <HostCard key={host.name} host={host} servers={byName(here.get(host.name) ?? [])} />
          ))}
        </div>
      )}
      <p class="legend">
        Each card is a host; its bars show what is claimed of what may be claimed. The boxes are its
        NUMA cells, filled by guests that asked for cells, CPUs or pages of their own. Each block is
        a server.
      </p>
    </>
  );
}

function Summary({ known }: { known: Known }) {
  const hosts = [...known.hosts.values()];
  const servers = [...known.servers.values()];
  const up = hosts.filter(({ state }) => state === 'up').length;
  const failed = servers.filter((server) => moodOfServer(server) === 'bad').length;
  const fullest = Math.max(0, ...hosts.map(fullness));
  return (
    <p class="summary" aria-live="polite">
      <strong>{up}</strong> of {hosts.length} hosts up · <strong>{servers.length}</strong> servers
      {failed > 0 && `, ${failed} in error`} · fullest host at <strong>{percent(fullest)}</strong>
    </p>
  );
}

const byName = (servers: readonly Server[]) =>
  servers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
