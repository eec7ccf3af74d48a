/** Every value that can be set, in the order in which people read them. */
import { agentSettings } from './agents.ts';
import { clientSettings } from './client.ts';
import { controlPlaneSettings } from './control-plane.ts';
import { hostSettings } from './hosts.ts';
import { placementSettings } from './placement.ts';
import { schedulerSettings } from './scheduler.ts';
import type { Process, Setting } from './setting.ts';

export const allSettings: readonly Setting<unknown>[] = [
  ...controlPlaneSettings,
  ...hostSettings,
  ...schedulerSettings,
  ...agentSettings.filter(({ read_by }) => !read_by.includes('control plane')),
  ...placementSettings,
  ...clientSettings,
];

export const settingsOf = (process: Process): readonly Setting<unknown>[] =>
  allSettings.filter(({ read_by }) => read_by.includes(process));
