/**
 * Placement's options from the environment, under the names that oslo.config gives them there:
 * `OS_<GROUP>__<OPTION>`. What cannot be read is told all at once, a line each.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { noCors } from '../core/api/placement/cors.ts';
import { policyOf } from '../core/api/placement/policy.ts';
import type { PlacementOptions } from '../core/api/placement/service.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function readPlacementOptions(
  env: Environment,
): Decision<PlacementOptions, readonly string[]> {
  const wrong: string[] = [];
  const strategy = env['OS_API__AUTH_STRATEGY'] ?? 'noauth2';
  if (strategy !== 'noauth2') {
    wrong.push(`OS_API__AUTH_STRATEGY is ${strategy}: this command knows noauth2 alone`);
  }
  const rules = readRules(env['OS_OSLO_POLICY__POLICY_FILE']);
  const policy = {
    enforce_new_defaults: !isFalse(env['OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS']),
    rules: rules.is === 'done' ? rules.value : {},
  };
  for (const part of [rules, policyOf(policy)]) if (part.is === 'no') wrong.push(...part.why);
  const count = counted(env, wrong);
  const options = { policy, cors: readCors(env, count), ...readPlacement(env, count) };
  return wrong.length > 0 ? no(wrong) : done(options);
}

const isFalse = (text: string | undefined): boolean => /^(false|0|no|off)$/i.test(text ?? '');

const list = (text: string | undefined): readonly string[] | undefined =>
  text?.split(',').map((item) => item.trim());

function readCors(env: Environment, count: Counted): NonNullable<PlacementOptions['cors']> {
  return {
    allowed_origins: list(env['OS_CORS__ALLOWED_ORIGIN']) ?? noCors.allowed_origins,
    allow_headers: list(env['OS_CORS__ALLOW_HEADERS']) ?? noCors.allow_headers,
    expose_headers: list(env['OS_CORS__EXPOSE_HEADERS']) ?? noCors.expose_headers,
    allow_methods: list(env['OS_CORS__ALLOW_METHODS']) ?? noCors.allow_methods,
    allow_credentials: !isFalse(env['OS_CORS__ALLOW_CREDENTIALS']),
    max_age_s: count('OS_CORS__MAX_AGE', 0) ?? noCors.max_age_s,
  };
}

function readPlacement(env: Environment, count: Counted): PlacementOptions {
  // Upstream's word for no limit is −1.
  const most = count('OS_PLACEMENT__MAX_ALLOCATION_CANDIDATES', -1);
  const project = env['OS_PLACEMENT__INCOMPLETE_CONSUMER_PROJECT_ID'];
  const user = env['OS_PLACEMENT__INCOMPLETE_CONSUMER_USER_ID'];
  return {
    ...(most === undefined ? {} : { max_allocation_candidates: most }),
    ...(project === undefined ? {} : { incomplete_consumer_project_id: project }),
    ...(user === undefined ? {} : { incomplete_consumer_user_id: user }),
  };
}

/** A whole number of the environment, or undefined where it is not given. */
type Counted = (name: string, least: number) => number | undefined;

/** Reads whole numbers, and complains into `wrong` of what is none. */
function counted(env: Environment, wrong: string[]): Counted {
  return (name, least) => {
    const text = env[name];
    if (text === undefined) return undefined;
    if (/^-?\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    wrong.push(`${name} is a whole number from ${least} on, not ${text}`);
    return undefined;
  };
}

/** The rules of a policy file: names and check strings, in YAML or JSON. */
function readRules(
  path: string | undefined,
): Decision<Readonly<Record<string, string>>, readonly string[]> {
  if (path === undefined || path === '') return done({});
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
