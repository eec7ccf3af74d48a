/** Operations that wait for a person: what each holds, and the two ways to have it go on. */
import { useState } from 'preact/hooks';
import { resetOperation, type StuckOperation } from '../client.ts';
import { links } from '../links.ts';
import { clockTime } from '../words.ts';
import { useRead } from './use-read.ts';

interface StuckProps {
  /** Changes when something may have got stuck, or gone on. */
  readonly fresh: unknown;
  /** Left out: all of them. */
  readonly id?: string;
}

/** Nothing, where nothing is stuck, or it is not for the reader to see. */
export function Stuck({ fresh, id }: StuckProps) {
  const [said, setSaid] = useState('');
  const reading = useRead<{ stuck: StuckOperation[] }>('/stuck-operations', `${fresh} ${said}`);
  const all = reading.is === 'here' ? reading.value.stuck : [];
  const shown = all.filter(({ operation }) => id === undefined || operation.id === id);
  const reset = (one: string, how: 'undo' | 'retry') => {
    void resetOperation(one, how)
      .catch((error: Error) => error.message)
      .then(setSaid);
  };
  if (shown.length === 0) return said === '' ? null : <p role="status">{said}</p>;
  return (
    <section aria-labelledby="stuck">
      <h2 id="stuck">Stuck: waiting for an operator</h2>
      <p role="status">{said}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Since</th>
            <th scope="col">Why</th>
            <th scope="col">Holds</th>
            <th scope="col">Have it</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ operation, since_ms, holds }) => (
            <tr key={operation.id}>
              <th scope="row">
                <a href={links.operation(operation.id)}>{operation.saga}</a>
              </th>
              <td>{clockTime(since_ms)}</td>
              <td>{operation.error}</td>
              <td>{holds.map(inWords).join('; ') || 'nothing'}</td>
              <td>
                <button type="button" class="quiet" onClick={() => reset(operation.id, 'undo')}>
                  Undone
                </button>
                <button type="button" class="quiet" onClick={() => reset(operation.id, 'retry')}>
                  Tried again
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const inWords = ({ host, amounts }: StuckOperation['holds'][number]): string =>
  `${host}: ${Object.entries(amounts)
    .map(([name, amount]) => `${amount} ${name}`)
    .join(', ')}`;
