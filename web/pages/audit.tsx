/** What audits found, what became of it, and the two things to do: look again, and put back. */
import { useState } from 'preact/hooks';
import { auditNow, type Finding, undoFinding } from '../client.ts';
import { links } from '../links.ts';
import { Empty, State } from '../parts/basics.tsx';
import { useRead } from '../parts/use-read.ts';
import { clockTime, type Mood } from '../words.ts';

export function AuditPage() {
  const [round, setRound] = useState(0);
  const [said, setSaid] = useState('');
  const reading = useRead<{ findings: Finding[] }>('/audit/findings', round);
  const act = (deed: () => Promise<string>) => {
    void deed()
      .catch((error: Error) => error.message)
      .then((words) => {
        setSaid(words);
        setRound((before) => before + 1);
      });
  };
  return (
    <>
      <h1>Audit</h1>
      <p class="summary">
        Every minute hosts are held against the books. What no operation owns is put right, or left
        and explained.
      </p>
      <div class="actions">
        <button type="button" onClick={() => act(() => auditNow(true))}>
          Look, and change nothing
        </button>
        <button type="button" onClick={() => act(() => auditNow(false))}>
          Audit all hosts now
        </button>
        <span role="status">{said}</span>
      </div>
      {reading.is === 'here' ? (
        <Findings findings={reading.value.findings} undo={(id) => act(() => undoFinding(id))} />
      ) : (
        <Empty>{reading.is === 'reading' ? 'Reading…' : reading.message}</Empty>
      )}
    </>
  );
}

const moods: Readonly<Record<Finding['state'], Mood>> = {
  left: 'bad',
  repaired: 'good',
  undone: 'idle',
  gone: 'idle',
};

interface FindingsProps {
  readonly findings: readonly Finding[];
  readonly undo: (id: number) => void;
}

function Findings({ findings, undo }: FindingsProps) {
  if (findings.length === 0) return <Empty>No audit has found anything.</Empty>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Found</th>
          <th scope="col">Host</th>
          <th scope="col">State</th>
          <th scope="col">What differs</th>
          <th scope="col">What became of it</th>
          <th scope="col">Undo</th>
        </tr>
      </thead>
      <tbody>
        {findings.map((one) => (
          <tr key={one.id}>
            <td>{clockTime(one.found_at_ms)}</td>
            <td>
              <a href={links.host(one.host)}>{one.host}</a>
            </td>
            <td>
              <State mood={moods[one.state]}>{one.state}</State>
            </td>
            <td>{one.what}</td>
            <td>{one.why}</td>
            <td>
              {one.can_undo && (
                <button type="button" class="quiet" onClick={() => undo(one.id)}>
                  Put back
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
