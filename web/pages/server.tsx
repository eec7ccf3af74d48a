/** One server: where it is, what is being done with it, and what went wrong if anything did. */
import { useState } from 'preact/hooks';
import {
  deleteServer,
  type Explanation,
  migrateLive,
  type Server,
  screenshotOf,
} from '../client.ts';
import { links } from '../links.ts';
import type { Known } from '../live.ts';
import { Empty, Fact } from '../parts/basics.tsx';
import { OperationTable, ServerState } from '../parts/tables.tsx';
import { useRead } from '../parts/use-read.ts';
import { memory } from '../words.ts';

export function ServerPage({ known, uuid }: { known: Known; uuid: string }) {
  const server = known.servers.get(uuid);
  const operations = [...known.operations.values()]
    .filter((run) => run.server_uuid === uuid)
    .toSorted((a, b) => (b.started_at_ms ?? 0) - (a.started_at_ms ?? 0));
  return (
    <>
      <h1>{server?.name ?? 'Server'}</h1>
      {server === undefined ? (
        <Empty>{known.state === 'loading' ? 'Reading…' : 'This server is gone.'}</Empty>
      ) : (
        <>
          {server.fault !== null && <Fault server={server} />}
          <ServerFacts server={server} />
          <WhyThere server={server} />
          <Actions server={server} />
          <Screen server={server} />
        </>
      )}
      <section aria-labelledby="operations">
        <h2 id="operations">Operations</h2>
        <OperationTable operations={operations} nameOf={() => server?.name ?? uuid} />
      </section>
    </>
  );
}

const Fault = ({ server }: { server: Server }) => (
  <p class="fault" role="alert">
    {server.fault}{' '}
    {server.explanation_id !== null && (
      <a href={links.explanation(server.explanation_id)}>Why, host by host</a>
    )}
  </p>
);

const ServerFacts = ({ server }: { server: Server }) => (
  <dl class="facts">
    <Fact name="State">
      <ServerState server={server} />
    </Fact>
    <Fact name="Host">
      {server.host === null ? '–' : <a href={links.host(server.host)}>{server.host}</a>}
    </Fact>
    <Fact name="Flavor">
      <a href={links.fits(server.flavor)} title="How many more of it fit">
        {server.flavor}
      </a>
      : {server.vcpus} vCPU, {memory(server.memory_mib)}, {server.disk_gib} GiB
    </Fact>
    <Fact name="Project">
      <code>{server.project_id}</code>
    </Fact>
    <Fact name="Id">
      <code>{server.uuid}</code>
    </Fact>
  </dl>
);

/** Leads to the newest explanation of where it is, while there is one. */
function WhyThere({ server: { uuid, host } }: { server: Server }) {
  const path = `/explanations?server=${uuid}`;
  const reading = useRead<{ explanations: Explanation[] }>(path, host);
  const newest = reading.is === 'here' ? reading.value.explanations[0] : undefined;
  if (newest === undefined || newest.refusal !== null) return null;
  return (
    <p>
      <a href={links.explanation(newest.id)}>Why it went there</a>
    </p>
  );
}

/** What is to be seen of it, as it was when somebody asked. */
function Screen({ server: { uuid, name, vm_state } }: { server: Server }) {
  const [seen, setSeen] = useState<{ src: string } | { why: string } | null>(null);
  const look = () =>
    screenshotOf(uuid).then(
      (png) => setSeen({ src: `data:image/png;base64,${png}` }),
      (error: Error) => setSeen({ why: error.message }),
    );
  const dark = vm_state !== 'active' && vm_state !== 'paused';
  return (
    <section aria-labelledby="screen">
      <h2 id="screen">Screen</h2>
      <button type="button" disabled={dark} onClick={() => void look()}>
        Take a screenshot
      </button>
      {seen !== null &&
        ('src' in seen ? (
          <img class="screen" src={seen.src} alt={`The screen of ${name}`} />
        ) : (
          <p role="alert">{seen.why}</p>
        ))}
    </section>
  );
}

/** Why live migration cannot be asked for now; null: it can. */
const notNow = (server: Server): string | null =>
  server.vm_state !== 'active'
    ? `it is ${server.vm_state}`
    : server.task_state !== null
      ? `it is ${server.task_state}`
      : null;

function Actions({ server }: { server: Server }) {
  const [said, setSaid] = useState('');
  const act = (what: Promise<unknown>, done: string) =>
    what.then(
      () => setSaid(done),
      (error: Error) => setSaid(error.message),
    );
  const why = notNow(server);
  return (
    <div class="actions">
      <button
        type="button"
        disabled={why !== null}
        title={why ?? ''}
        onClick={() => void act(migrateLive(server.uuid), 'The migration has begun.')}
      >
        Live-migrate
      </button>
      <button
        type="button"
        class="danger"
        onClick={() => {
          if (!confirm(`Delete ${server.name}? Its disk goes with it.`)) return;
          void act(deleteServer(server.uuid), 'The server is being deleted.');
        }}
      >
        Delete
      </button>
      <output aria-live="polite">{said}</output>
    </div>
  );
}
