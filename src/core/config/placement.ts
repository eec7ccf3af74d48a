/** What is said of Placement where it runs alone (`placement PORT DATABASE`), by its own names. */
import { noCors } from '../api/placement/cors.ts';
import { choice, listOf, path, text, truth, whole } from './kinds.ts';
import { type Process, type Setting, setting } from './setting.ts';

const COUNT_MAX = 999_999_999;
const read_by: readonly Process[] = ['placement'];
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const strategy = setting(choice(['noauth2'], ': this command knows no other'), {
  key: 'api.auth_strategy',
  says: 'Who says who asks.',
  unit: null,
  default: 'noauth2',
  read_by,
});

export const policyFile = setting(path, {
  key: 'oslo_policy.policy_file',
  says: 'A file with rules of who may ask what.',
  unit: null,
  otherwise: 'none',
  read_by,
});

export const newDefaults = setting(truth, {
  key: 'oslo_policy.enforce_new_defaults',
  says: 'Whether the rules of old have no say beside the new ones.',
  unit: null,
  default: 'yes',
  read_by,
});

const corsList = (name: string, says: string, known: readonly string[]) =>
  setting(listOf(text), {
    key: `cors.${name}`,
    says,
    unit: null,
    default: known.join(','),
    read_by,
  });

export const cors = {
  origins: corsList(
    'allowed_origin',
    'Whose pages browsers may let ask, or *.',
    noCors.allowed_origins,
  ),
  allow: corsList('allow_headers', 'Headers that they may send.', noCors.allow_headers),
  expose: corsList('expose_headers', 'Headers that they may read.', noCors.expose_headers),
  methods: corsList('allow_methods', 'Methods that they may use.', noCors.allow_methods),
  credentials: setting(truth, {
    key: 'cors.allow_credentials',
    says: 'Whether they may send credentials along.',
    unit: null,
    default: noCors.allow_credentials ? 'yes' : 'no',
    read_by,
  }),
  maxAge: setting(whole(0, COUNT_MAX), {
    key: 'cors.max_age',
    says: 'For how long a browser remembers what it may.',
    unit: 's',
    default: String(noCors.max_age_s),
    read_by,
  }),
};

export const maxCandidates = setting(whole(-1, COUNT_MAX), {
  key: 'placement.max_allocation_candidates',
  says: 'The most candidates of one answer; -1 or 0: all there are.',
  unit: 'candidates',
  default: '-1',
  read_by,
});

export const incompleteProject = setting(text, {
  key: 'placement.incomplete_consumer_project_id',
  says: 'The project of consumers that were written before they had one.',
  unit: null,
  default: NOBODY,
  read_by,
});

export const incompleteUser = setting(text, {
  key: 'placement.incomplete_consumer_user_id',
  says: 'Their user.',
  unit: null,
  default: NOBODY,
  read_by,
});

export const placementSettings: readonly Setting<unknown>[] = [
  ...[strategy, policyFile, newDefaults],
  ...Object.values(cors),
  ...[maxCandidates, incompleteProject, incompleteUser],
];
