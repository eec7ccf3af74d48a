/** How many more servers of a flavor would fit, where, and how many after a loss. */
import { useState } from 'preact/hooks';
import type { Fits } from '../client.ts';
import { links } from '../links.ts';
import { Empty } from '../parts/basics.tsx';
import { useRead } from '../parts/use-read.ts';
import { go } from '../route.ts';

/** Asks which flavor. */
export function FitsForm() {
  const [flavor, setFlavor] = useState('');
  return (
    <>
      <h1>How many more fit</h1>
      <form
        class="actions"
        onSubmit={(event) => {
          event.preventDefault();
          if (flavor.trim() !== '') go(links.fits(flavor.trim()));
        }}
      >
        <label>
          Flavor, by name or id{' '}
          <input value={flavor} onInput={(event) => setFlavor(event.currentTarget.value)} />
        </label>
        <button type="submit">Count</button>
      </form>
      <p class="legend">
        Counted with the real filters and claims, as the fleet stands now; nothing is changed.
      </p>
    </>
  );
}

export function FitsPage({ flavor }: { flavor: string }) {
  const path = `/flavors/${encodeURIComponent(flavor)}/fits`;
  const reading = useRead<{ fits: Fits }>(path, null);
  if (reading.is === 'reading') return <Empty>Counting…</Empty>;
  if (reading.is === 'failed') return <Empty>{reading.message}</Empty>;
  const { fits } = reading.value;
  return (
    <>
      <h1>How many more {fits.flavor} fit</h1>
      <p class="summary">
        <strong>{number(fits)}</strong> more, on {fits.hosts.length} of {fits.hosts_total} hosts.
        {fits.why !== null && ` ${fits.why}`}
      </p>
      <Losses fits={fits} />
      <Hosts fits={fits} />
    </>
  );
}

const words: Readonly<Record<Fits['bound'], string>> = {
  exact: '',
  'at-least': 'at least ',
  'at-most': 'at most ',
  unsure: 'about ',
};
const number = ({ more, bound }: Pick<Fits, 'more' | 'bound'>) => `${words[bound]}${more}`;

function Losses({ fits: { losses } }: { fits: Fits }) {
  if (losses.length === 0) return null;
  return (
    <section aria-labelledby="losses">
      <h2 id="losses">After a loss</h2>
      <p class="legend">The servers of what is lost take room elsewhere first.</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Lost</th>
            <th scope="col">Hosts</th>
            <th scope="col">Servers</th>
            <th scope="col">Without a place</th>
            <th scope="col">More fit</th>
          </tr>
        </thead>
        <tbody>
          {losses.map((loss) => (
            <tr key={`${loss.kind} ${loss.name}`}>
              <th scope="row">
                {loss.kind} {loss.name}
              </th>
              <td>{loss.hosts}</td>
              <td>{loss.servers}</td>
              <td>{loss.homeless ?? '?'}</td>
              <td>{number(loss)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Hosts({ fits: { hosts } }: { fits: Fits }) {
  if (hosts.length === 0) return null;
  return (
    <section aria-labelledby="hosts">
      <h2 id="hosts">Host by host</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">Zone</th>
            <th scope="col">More fit</th>
          </tr>
        </thead>
        <tbody>
          {hosts.map(({ host, availability_zone, more }) => (
            <tr key={host}>
              <th scope="row">
                <a href={links.host(host)}>{host}</a>
              </th>
              <td>{availability_zone}</td>
              <td>{more}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
