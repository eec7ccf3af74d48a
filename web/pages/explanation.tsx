/**
 * Why no host took a server: the nearest miss, repairs, the funnel, and what each host lacked; or
 * why one did: what weighed for it, and who came next.
 */
import type { Explanation } from '../client.ts';
import { links } from '../links.ts';
import { Empty } from '../parts/basics.tsx';
import { Chosen } from '../parts/chosen.tsx';
import { useRead } from '../parts/use-read.ts';

export function ExplanationPage({ id }: { id: string }) {
  const reading = useRead<{ explanation: Explanation }>(`/explanations/${id}`, null);
  if (reading.is === 'reading') return <Empty>Reading…</Empty>;
  if (reading.is === 'failed') return <Empty>{reading.message}</Empty>;
  const { explanation } = reading.value;
  return (
    <>
      <h1>{explanation.refusal !== null ? 'Why no host took it' : 'Why it went there'}</h1>
      <p class="summary">{explanation.summary}</p>
      {explanation.nearest_miss !== null && (
        <p class="hint">
          <strong>Nearest miss:</strong> {explanation.nearest_miss.sentence}
        </p>
      )}
      {explanation.chosen !== null && <Chosen chosen={explanation.chosen} />}
      <Repairs explanation={explanation} />
      <Funnel explanation={explanation} />
      <Objections explanation={explanation} />
    </>
  );
}

function Repairs({ explanation: { repairs } }: { explanation: Explanation }) {
  if (repairs.length === 0) return null;
  return (
    <section aria-labelledby="repairs">
      <h2 id="repairs">What would make it fit</h2>
      <p class="legend">Each was tried on the books and works; the cheapest comes first.</p>
      <ul>
        {repairs.map(({ sentence }) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function Funnel({ explanation: { funnel, hosts_total } }: { explanation: Explanation }) {
  if (funnel.length === 0) return null;
  const width = (count: number) => `${(100 * count) / Math.max(1, hosts_total)}%`;
  return (
    <section aria-labelledby="funnel">
      <h2 id="funnel">Hosts left after each filter</h2>
      <ol class="funnel">
        {funnel.map((stage) => (
          <li key={stage.filter}>
            <span>{stage.filter}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: width(stage.out) }} />
            </span>
            <span>
              {stage.out} of {stage.in}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Objections({ explanation: { hosts, hosts_total } }: { explanation: Explanation }) {
  if (hosts.length === 0) return null;
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">Host by host</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">Filter</th>
            <th scope="col">Why not</th>
            <th scope="col">Needed</th>
            <th scope="col">Available</th>
          </tr>
        </thead>
        <tbody>
          {hosts.map((miss) => (
            <tr key={miss.host}>
              <th scope="row">
                <a href={links.host(miss.host)}>{miss.host}</a>
              </th>
              <td>{miss.filter}</td>
              <td>{miss.reason}</td>
              <td>{miss.needed ?? '–'}</td>
              <td>{miss.available ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {hosts.length < hosts_total && (
        <p class="legend">
          {hosts.length} of {hosts_total} hosts are shown.
        </p>
      )}
    </section>
  );
}
