/** Settings for tests, as variables say them. */
import type { Variables } from '../../core/config/resolve.ts';
import type { Settings } from '../../core/config/settings.ts';
import { readSettings } from './read-settings.ts';

/** Everything must be right. */
export function said(variables: Variables): Settings {
  const { settings, wrong } = readSettings(['control plane', 'agent'], { variables });
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return settings;
}

/** What is wrong. */
export const wrongIn = (variables: Variables): readonly string[] =>
  readSettings(['control plane', 'agent'], { variables }).wrong;
