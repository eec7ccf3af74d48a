/** All servers, and all operations, the newest first. */
import type { Known } from '../live.ts';
import { Stuck } from '../parts/stuck.tsx';
import { OperationTable, ServerTable } from '../parts/tables.tsx';

export const Servers = ({ known }: { known: Known }) => (
  <>
    <h1>Servers</h1>
    <ServerTable
      servers={[...known.servers.values()].toSorted((a, b) => b.created_at_ms - a.created_at_ms)}
    />
  </>
);

export const Operations = ({ known }: { known: Known }) => (
  <>
    <h1>Operations</h1>
    <p class="summary">
      Everything that is done to a server is a saga: its steps are written down before and after, so
      it is finished or undone whatever fails in between.
    </p>
    <Stuck fresh={[...known.operations.values()].filter(({ state }) => state === 'stuck').length} />
    <OperationTable
      operations={[...known.operations.values()].toSorted(
        (a, b) => (b.started_at_ms ?? 0) - (a.started_at_ms ?? 0),
      )}
      nameOf={(uuid) => (uuid === null ? '–' : (known.servers.get(uuid)?.name ?? uuid))}
    />
  </>
);
