/** The metrics of this process: who tells them what happens, and where they look. */

import type { Pulse } from '../../core/api/health/pulse.ts';
import { TROUBLES } from '../../core/api/health/troubles.ts';
import type { EventFeed } from '../../core/api/plimsoll/feed.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Replica } from '../../core/replica.ts';
import { Metrics } from '../../real/metrics/metrics.ts';
import type { Lines } from './lines.ts';
import type { Wires } from './wires.ts';

export interface WatchedAbout {
  readonly replica: Pick<Replica, 'ledger' | 'conductor' | 'muster'>;
  readonly lines: Pick<Lines, 'figures'>;
  readonly wire: Pick<Wires, 'measure'>;
  readonly feed: Pick<EventFeed, 'figures'>;
  readonly pulse: Pick<Pulse, 'troubles'>;
  readonly clock: Clock;
}

export function watched({ replica, lines, wire, feed, pulse, clock }: WatchedAbout): Metrics {
  const { ledger, conductor, muster } = replica;
  const metrics = new Metrics();
  ledger.measure(metrics.turn);
  wire.measure(metrics.order);
  metrics.lookAt({
    read: (look) => ledger.read(look),
    ledger: () => {
      const { sequence, queued, followed_at } = ledger;
      const behind_s = followed_at === null ? null : (clock.now() - followed_at) / 1000;
      return { sequence, queued, behind_s };
    },
    conductor: () => conductor.figures,
    events: () => feed.figures,
    lines: () => lines.figures(),
    beats: () => muster.beats,
    health: async () => {
      const wrong = await pulse.troubles();
      return { wrong, serves: wrong.every((name) => TROUBLES[name].serves) };
    },
  });
  return metrics;
}
