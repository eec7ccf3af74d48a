/**
 * Policy: which roles may do what, by upstream's newest defaults, or by an operator's file.
 *
 *   admin or service, in a project            everything but a reshape
 *   service, in a project                     a reshape (so since upstream's 9.0)
 *   reader, in the project asked about        its usages
 *   a token of system scope                   nothing: Placement's rules are a project's
 *
 * A rule of the file replaces the default of its name; the scope of the token counts all the same.
 * Upstream's older defaults let admins in everywhere, and hold beside the new ones while
 * `enforce_new_defaults` is false.
 */
import { type Decision, done, no } from '../../ports/reply.ts';
import type { Caller } from '../http.ts';
import { type Check, ownCheck, parseCheck, type Rules, type Target } from './check.ts';

/** What can be asked for. */
export type Rule = `placement:${(typeof names)[number]}`;

const names = [
  'allocation_candidates:list',
  'allocations:delete',
  'allocations:list',
  'allocations:manage',
  'allocations:update',
  'reshaper:reshape',
  'resource_classes:create',
  'resource_classes:delete',
  'resource_classes:list',
  'resource_classes:show',
  'resource_classes:update',
  'resource_providers:aggregates:list',
  'resource_providers:aggregates:update',
  'resource_providers:allocations:list',
  'resource_providers:create',
  'resource_providers:delete',
  'resource_providers:inventories:create',
  'resource_providers:inventories:delete',
  'resource_providers:inventories:list',
  'resource_providers:inventories:show',
  'resource_providers:inventories:update',
  'resource_providers:list',
  'resource_providers:show',
  'resource_providers:traits:delete',
  'resource_providers:traits:list',
  'resource_providers:traits:update',
  'resource_providers:update',
  'resource_providers:usages',
  'traits:delete',
  'traits:list',
  'traits:show',
  'traits:update',
  'usages',
] as const;

export interface PolicyOptions {
  /** False: upstream's older defaults hold beside the new ones. */
  readonly enforce_new_defaults: boolean;
  /** Rules by name, as an operator's file has them. */
  readonly rules: Readonly<Record<string, string>>;
}

export const defaultPolicy: PolicyOptions = { enforce_new_defaults: true, rules: {} };

export type Policy = (rule: Rule, caller: Caller, target: Target) => boolean;

const bases: Readonly<Record<string, string>> = {
  admin_api: 'role:admin',
  service_api: 'role:service',
  admin_or_service_api: 'role:admin or role:service',
  project_reader_api: 'role:reader and project_id:%(project_id)s',
  admin_or_project_reader_or_service_api: 'role:admin or rule:project_reader_api or role:service',
};

function defaultOf(name: (typeof names)[number]): string {
  if (name === 'usages') return 'rule:admin_or_project_reader_or_service_api';
  return name === 'reshaper:reshape' ? 'rule:service_api' : 'rule:admin_or_service_api';
}

/** The policy of these options; or which rules of the file cannot be read, all at once. */
export function policyOf(options: PolicyOptions): Decision<Policy, readonly string[]> {
  const rules = new Map<string, Check>();
  for (const [name, text] of Object.entries(bases)) rules.set(name, ownCheck(text));
  for (const name of names) rules.set(`placement:${name}`, withOlder(name, options));
  const wrong: string[] = [];
  for (const [name, text] of Object.entries(options.rules)) {
    const check = parseCheck(text);
    if (check.is === 'done') rules.set(name, check.value);
    else wrong.push(`policy rule ${name}: ${check.why}`);
  }
  return wrong.length > 0 ? no(wrong) : done(enforcer(rules));
}

function withOlder(name: (typeof names)[number], options: PolicyOptions): Check {
  const text = defaultOf(name);
  return ownCheck(options.enforce_new_defaults ? text : `${text} or rule:admin_api`);
}

function enforcer(rules: Rules): Policy {
  return (rule, caller, target) => {
    if (caller.system_scope) return false;
    return rules.get(rule)?.(caller, target, rules) ?? false;
  };
}
