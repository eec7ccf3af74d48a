/**
 * What a forecast of hosts' load is worth to moves that wait for their turn: recorded fleets, two
 * hosts drained at a time, while others come and go (forecast.play.ts).
 *
 *   naive             as listed, each to the host that was best when the drains were planned
 *   planned           the same, the largest first
 *   forecast          … each to the host that likely still fits when its turn comes
 *   anew              the largest first, each to the host that is best when its turn comes
 *   anew, listed      … as listed
 *   anew, forecast    … who will likely find the fewest hosts goes first
 *
 * CHURN: how many machines come, and go, while a turn of moves is under way.
 */

import { type Figure, figure } from './figure.ts';
import { recordedFleets } from './forecast.fleets.ts';
import { Play, type Sums, type Way } from './forecast.play.ts';

const CHURNS = [2, 16, 64] as const;
const ways: readonly Way[] = [
  { name: 'naive', order: 'as listed', to: 'best' },
  { name: 'planned', order: 'largest first', to: 'best' },
  { name: 'forecast', order: 'largest first', to: 'likeliest' },
  { name: 'anew', order: 'largest first', to: 'anew' },
  { name: 'anew, listed', order: 'as listed', to: 'anew' },
  { name: 'anew, forecast', order: 'least likely first', to: 'anew' },
];

export async function* figures(): AsyncGenerator<Figure> {
  for (const recorded of recordedFleets()) {
    for (const churn of CHURNS) {
      for (const way of ways) {
        const found = new Play(recorded, way, churn).play();
        const where = `${recorded.name}, ${churn} between, ${way.name}`;
        yield* told(where, recorded.hosts.length, found);
      }
    }
  }
}

function* told(where: string, hosts: number, found: Sums): Generator<Figure> {
  const { moves, stayed, planned, elsewhere, foretold, hosts_in_use } = found;
  const share = (part: number, of: number) => (of === 0 ? 0 : (100 * part) / of);
  yield figure(`${where}: another choice`, hosts, share(elsewhere, moves + stayed), '%');
  yield figure(`${where}: nowhere to go`, hosts, share(stayed, moves + stayed), '%');
  yield figure(`${where}: moves`, hosts, moves, 'moves');
  yield figure(`${where}: in use, at most`, hosts, hosts_in_use, 'hosts');
  if (planned === 0) return;
  yield figure(
    `${where}: foretold to need another`,
    hosts,
    share(planned - foretold, planned),
    '%',
  );
}
