/** How long live migrations may take, as operators said. */
import * as plane from '../../core/config/control-plane.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { MoveLimits } from '../../core/sagas/deadlines.ts';

const actions = { abort: 'abort', force_complete: 'pause' } as const;

/** Upstream asks the source's host; ours is told with each order, so it is said once, here. */
export const moveLimits = (said: Settings): MoveLimits => ({
  s_per_gib: said.of(plane.completionTimeout),
  at_deadline: actions[said.of(plane.timeoutAction)],
});
