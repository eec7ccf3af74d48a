/**
 * The tables of quotas: what an operator allows, for everybody and for one project or user.
 *
 *   built in ◄── class `default` ◄── project ◄── user of the project      the last said holds
 *
 * Out of the box no project is limited in what only hosts can run out of: a fleet is one operator's
 * until they share it. What makes a single row large is limited from the start.
 */
import { keyOf, table } from '../base/table.ts';
import type { View } from '../ledger/draft.ts';

export const UNLIMITED = -1;

/** As the API names them; `ram` is in MiB. The network's are kept for those who ask. */
const builtIn = {
  instances: UNLIMITED,
  cores: UNLIMITED,
  ram: UNLIMITED,
  server_groups: UNLIMITED,
  server_group_members: UNLIMITED,
  /** Of one user. */
  key_pairs: 1000,
  /** Of one server. */
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  fixed_ips: UNLIMITED,
  floating_ips: UNLIMITED,
  security_groups: UNLIMITED,
  security_group_rules: UNLIMITED,
} as const;

export type Resource = keyof typeof builtIn;
export type Limits = Readonly<Record<Resource, number>>;
/** What was said; the rest is as in the next wider scope. */
export type SaidLimits = Readonly<Partial<Limits>>;

export interface QuotaRow {
  readonly project_id: string;
  /** '' stands for the whole project. */
  readonly user_id: string;
  readonly limits: SaidLimits;
}

export interface QuotaClassRow {
  readonly name: string;
  readonly limits: SaidLimits;
}

export const quotas = table<QuotaRow>({
  name: 'quota',
  columns: { project_id: 'text', user_id: 'text', limits: 'json' },
  primary: ['project_id', 'user_id'],
  indexes: ['project_id'],
});

export const quotaClasses = table<QuotaClassRow>({
  name: 'quota_class',
  columns: { name: 'text', limits: 'json' },
  primary: ['name'],
});

export const quotaTables = [quotas, quotaClasses] as const;

/** The class that holds for everybody. */
export const EVERYBODY = 'default';
/** The user that stands for all users of a project. */
export const ALL_USERS = '';

export const classLimits = (view: View, name: string): Limits => ({
  ...builtIn,
  ...view.rows(quotaClasses).get(name)?.limits,
});

export const limitsOf = (view: View, project_id: string, user_id = ALL_USERS): Limits => {
  const shelf = view.rows(quotas);
  return {
    ...classLimits(view, EVERYBODY),
    ...shelf.get(keyOf(project_id, ALL_USERS))?.limits,
    ...shelf.get(keyOf(project_id, user_id))?.limits,
  };
};
