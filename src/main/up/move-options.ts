/** How long live migrations may take, as operators said. */
import * as plane from '../../core/config/control-plane.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { AtDeadline } from '../../core/ports/order.ts';
import type { MoveLimits } from '../../core/sagas/deadlines.ts';

/** Upstream asks the source's host; ours is told with each order, so it is said once, here. */
export const moveLimits = (said: Settings): MoveLimits => ({
  s_per_gib: said.of(plane.completionTimeout),
  at_deadline: said.of(plane.timeoutAction) === 'abort' ? 'abort' : forced(said),
});

const forced = (said: Settings): AtDeadline =>
  said.of(plane.permitPostCopy) ? 'post-copy' : 'pause';
