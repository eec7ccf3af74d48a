/**
 * `operation watch ID`: each step as it begins and ends, until the operation does.
 *
 *   events say that something changed ─► the operation is read again ─► what is new is printed
 *
 * While a guest is being sent it is read every second as well, since of that no event tells. The
 * stream is only a wake-up: what is printed always comes from the operation itself, which is read
 * once more when the stream is open, since what happened before is told by no event. What it waits
 * for is printed, too, and until when. Ends with 0 when it was done, with 1 when it was not.
 */
import { styleText } from 'node:util';
import type { Static } from 'typebox';
import type { Operation } from '../core/api/plimsoll/schemas.ts';
import { deadlineInWords, transferInWords } from '../core/api/plimsoll/transfer-words.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { state } from './table.ts';

type OperationView = Static<typeof Operation>;
type StepView = OperationView['steps'][number];

const LOOK_EVERY_MS = 1_000;
const aWhile = () =>
  new Promise<'a while'>((resolve) => setTimeout(resolve, LOOK_EVERY_MS, 'a while'));

export async function watchOperation(
  session: Session,
  id: string,
  pause = aWhile,
): Promise<number> {
  const { client } = session;
  const stop = new AbortController();
  const shown = new Set<string>();
  const look = async (): Promise<OperationView> => {
    const body = await client.get<{ operation: OperationView }>(`/operations/${id}`);
    if (body === null) {
      throw new Complaint(`there is no operation ${id}`, '`plimsoll operation list` names them');
    }
    tell(session, body.operation, shown);
    return body.operation;
  };
  const events = client.events(stop.signal);
  let operation = await look();
  let next: ReturnType<typeof events.next> | null = null;
  while (operation.ended_at_ms === null && operation.state !== 'stuck') {
    next ??= events.next();
    const heard = await Promise.race([next, ...(operation.transfer === null ? [] : [pause()])]);
    if (heard === 'a while') {
      operation = await look();
      continue;
    }
    next = null;
    const { done, value } = heard;
    if (done) throw new Complaint('the server ended the stream', 'run the same command again');
    const all = value.name === 'open' || value.name === 'reset';
    if (all || concerns(value.data, id)) operation = await look();
  }
  stop.abort();
  next?.catch(() => {}); // nobody hears the stream's end
  return conclude(session, operation);
}

const concerns = (data: unknown, id: string): boolean =>
  typeof data === 'object' && data !== null && 'id' in data && data.id === id;

/** Prints what was not printed yet: each step once in each of its states, each wait once. */
function tell(session: Session, operation: OperationView, shown: Set<string>): void {
  const { steps, waits } = operation;
  const { format, print } = session;
  for (const [position, step] of steps.entries()) {
    const key = `${position} ${step.state} ${step.attempts}`;
    if (shown.has(key)) continue;
    shown.add(key);
    print(format === 'json' ? JSON.stringify(step) : line(step));
  }
  tellTransfer(session, operation, shown);
  if (waits === null || shown.has(waitKey(waits))) return;
  shown.add(waitKey(waits));
  print(format === 'json' ? JSON.stringify({ waits }) : waitLine(waits));
}

/** Of a guest that is being sent: until when it has time, once; and how far it is. */
function tellTransfer({ format, print }: Session, operation: OperationView, shown: Set<string>) {
  const { transfer, deadline } = operation;
  if (transfer === null) return;
  const lines = [transferInWords(transfer)];
  if (deadline !== null && transfer.until_ms !== null && !shown.has('deadline')) {
    shown.add('deadline');
    lines.unshift(`until ${clock(transfer.until_ms)}, ${deadlineInWords(deadline)}`);
  }
  if (format === 'json') print(JSON.stringify({ transfer, deadline }));
  else for (const text of lines) print(`${' '.repeat(10)}${'sends'.padEnd(14)} ${text}`);
}

type Waits = NonNullable<OperationView['waits']>;

const waitKey = ({ for_what, until_ms }: Waits): string => `waits ${until_ms} ${for_what}`;

const waitLine = ({ for_what, since_ms, until_ms }: Waits): string =>
  `${styleText('dim', clock(since_ms))}  ${'waits'.padEnd(14)} until ${clock(until_ms)} for: ${for_what}`;

const clock = (at_ms: number | null): string =>
  at_ms === null ? '--:--:--' : new Date(at_ms).toISOString().slice(11, 19);

function line(step: StepView): string {
  const { name, kind, state: is, host, started_at_ms, ended_at_ms, attempts, error } = step;
  const time = clock(ended_at_ms ?? started_at_ms);
  const where = host === null ? '' : ` on ${host}`;
  const waits = kind === 'wait' && is === 'started' ? ': waits for what was begun before it' : '';
  const again = attempts > 1 && ended_at_ms === null ? `, asked ${attempts} times` : '';
  const why = error === null ? waits : `: ${error}`;
  return `${styleText('dim', time)}  ${name.padEnd(14)} ${state(is)}${where}${again}${why}`;
}

function conclude({ format, print }: Session, operation: OperationView): number {
  const { id, saga, state: is, error } = operation;
  if (format === 'table') {
    print(`${saga} ${id}: ${state(is)}${error === null ? '' : `: ${error}`}`);
  }
  return is === 'done' ? 0 : 1;
}
