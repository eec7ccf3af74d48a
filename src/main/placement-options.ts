/** Placement's options, as operators said. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { defaultPolicy, policyOf } from '../core/api/placement/policy.ts';
import type { PlacementOptions } from '../core/api/placement/service.ts';
import * as placement from '../core/config/placement.ts';
import type { Resolved, Variables } from '../core/config/resolve.ts';
import type { Settings } from '../core/config/settings.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { readNamed, readSettings } from './config/read-settings.ts';

/** Or a line for each thing that is wrong. */
export const readPlacementOptions = (
  variables: Variables,
): Decision<PlacementOptions, readonly string[]> =>
  placementOptions(readSettings(['placement'], { variables }));

export function placementOptions(read: Resolved): Decision<PlacementOptions, readonly string[]> {
  const rules = readNamed(read, placement.policyFile, readRules, {});
  const usable = rules.is === 'no' ? rules : policyOf({ ...defaultPolicy, rules: rules.value });
  const wrong = [...read.wrong, ...(usable.is === 'no' ? usable.why : [])];
  if (rules.is === 'no' || wrong.length > 0) return no(wrong);
  const enforce_new_defaults = read.settings.of(placement.newDefaults);
  const policy = { enforce_new_defaults, rules: rules.value };
  return done({ policy, ...optionsOf(read.settings) });
}

const optionsOf = (said: Settings): PlacementOptions => ({
  cors: {
    allowed_origins: said.of(placement.cors.origins),
    allow_headers: said.of(placement.cors.allow),
    expose_headers: said.of(placement.cors.expose),
    allow_methods: said.of(placement.cors.methods),
    allow_credentials: said.of(placement.cors.credentials),
    max_age_s: said.of(placement.cors.maxAge),
  },
  max_allocation_candidates: said.of(placement.maxCandidates),
  incomplete_consumer_project_id: said.of(placement.incompleteProject),
  incomplete_consumer_user_id: said.of(placement.incompleteUser),
});

/** The rules of a policy file: names and check strings, in YAML or JSON. */
function readRules(path: string): Decision<Readonly<Record<string, string>>, readonly string[]> {
  let read: unknown;
  try {
    read = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return no([`cannot read the policy file ${path}: ${String(error)}`]);
  }
  if (read === null || read === undefined) return done({});
  if (typeof read !== 'object' || Array.isArray(read)) return no([`${path}: not a map of rules`]);
  const wrong = Object.entries(read).filter(([, check]) => typeof check !== 'string');
  if (wrong.length > 0) return no(wrong.map(([name]) => `${path}: ${name} is not a string`));
  return done(read as Readonly<Record<string, string>>);
}
