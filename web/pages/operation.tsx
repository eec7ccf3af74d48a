/** One operation, step by step, as it goes. */
import { useEffect, useState } from 'preact/hooks';
import { deadlineInWords, transferInWords } from '../../src/core/api/plimsoll/transfer-words.ts';
import type { Operation } from '../client.ts';
import { links } from '../links.ts';
import type { Known } from '../live.ts';
import { Empty, Fact, State } from '../parts/basics.tsx';
import { Stuck } from '../parts/stuck.tsx';
import { useRead } from '../parts/use-read.ts';
import { clockTime, lasted, moodOfState } from '../words.ts';

/** While a guest is being sent: of that no event tells. */
const LOOK_EVERY_MS = 1_000;

export function OperationPage({ known, id }: { known: Known; id: string }) {
  const [looks, setLooks] = useState(0);
  const fresh = `${JSON.stringify(known.operations.get(id))} ${looks}`;
  const reading = useRead<{ operation: Operation }>(`/operations/${id}`, fresh);
  const sends = reading.is === 'here' && reading.value.operation.transfer !== null;
  useEffect(() => {
    if (!sends) return;
    const timer = setInterval(() => setLooks((before) => before + 1), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [sends]);
  if (reading.is === 'reading') return <Empty>Reading…</Empty>;
  if (reading.is === 'failed') return <Empty>{reading.message}</Empty>;
  const { operation } = reading.value;
  const { server_uuid } = operation;
  return (
    <>
      <h1>{operation.saga}</h1>
      <dl class="facts">
        <Fact name="State">
          <State mood={moodOfState(operation.state)}>{operation.state}</State>
        </Fact>
        <Fact name="Server">
          {server_uuid === null ? (
            '–'
          ) : (
            <a href={links.server(server_uuid)}>
              {known.servers.get(server_uuid)?.name ?? server_uuid}
            </a>
          )}
        </Fact>
        <Fact name="Began">{clockTime(operation.started_at_ms)}</Fact>
        <Fact name="Took">{lasted(operation.started_at_ms, operation.ended_at_ms) || '–'}</Fact>
        {operation.waits !== null && (
          <Fact name="Waits">
            until {clockTime(operation.waits.until_ms)} for: {operation.waits.for_what}
          </Fact>
        )}
        <Sending operation={operation} />
      </dl>
      {operation.error !== null && (
        <p class="fault" role="alert">
          {operation.error}
        </p>
      )}
      {operation.state === 'stuck' && <Stuck id={id} fresh={fresh} />}
      <Steps operation={operation} />
    </>
  );
}

/** Of a guest on its way: until when it has time, and how far it is. */
const Sending = ({ operation: { deadline, transfer } }: { operation: Operation }) => (
  <>
    {deadline !== null && <Fact name="Deadline">{deadlineInWords(deadline)}</Fact>}
    {transfer !== null && (
      <Fact name="Sends">
        {transferInWords(transfer)}
        {transfer.until_ms !== null && `; until ${clockTime(transfer.until_ms)}`}
      </Fact>
    )}
  </>
);

/** What a step does, in words: book, ask or wait. */
function doing({ kind, host, round, attempts }: Operation['steps'][number]): string {
  const what =
    kind === 'ask' ? `asks ${host ?? 'a host'}` : kind === 'wait' ? 'waits' : 'in the books';
  const again = attempts > 1 ? `, ${attempts} times` : '';
  return round > 1 ? `${what}${again}, round ${round}` : what + again;
}

const Steps = ({ operation }: { operation: Operation }) => (
  <ol class="steps" aria-label="steps" aria-live="polite">
    {operation.steps.map((step) => (
      <li key={`${step.round} ${step.name}`} class={moodOfState(step.state)}>
        <span class="step-name">{step.name}</span>
        <State mood={moodOfState(step.state)}>{step.state}</State>
        <span class="step-kind">{doing(step)}</span>
        <span class="step-time">{lasted(step.started_at_ms, step.ended_at_ms)}</span>
        {step.error !== null && <span class="step-error">{step.error}</span>}
      </li>
    ))}
  </ol>
);
