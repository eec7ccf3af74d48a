/**
 * Which rows of the acceptance table, and of the table of moves that fail (sections 8 and 3 of the
 * facts), are tested where. Rows told as scenarios carry their row in their name; here are the
 * others. rows.test.ts holds all of it against the tests that there are, and prints rows.md.
 *
 *   elsewhere   the name of a test beside the code that tries what the row asks
 *   left out    why nobody tries it
 *   moves       `ACC-…`: that row; `every way: SCENARIO/STEP`: each mishap at that step; otherwise
 *               the name of a test
 */

const from = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => `ACC-${String(first + at).padStart(3, '0')}`);

/** Every row of the table that is about resources, moves, groups, races. */
export const asked: readonly string[] = [
  ...from(1, 15),
  ...from(20, 45),
  ...from(50, 68),
  ...from(70, 96),
  ...from(100, 110),
  ...from(120, 143),
];

// biome-ignore format: a table
export const elsewhere: Readonly<Record<string, string>> = {
  'ACC-066': 'what a host is told of a guest is what was claimed for it',
  'ACC-106': 'servers that ask for a zone land on its hosts, and keep them there',
  'ACC-108': 'a host with servers on it stays in the fleet',
  'ACC-109': 'quota sets, classes and limits tell what holds',
  'ACC-120': 'a name that is neither standard nor CUSTOM_ is told, and the rest is taken',
  'ACC-121': 'D-RT15: a trait that a host reports no more goes; one that others gave it stays',
  'ACC-122': 'a ratio is the configured one, else the one there, else the initial one',
  'ACC-124': 'a host gives its own disk first, then what is shared with it, and no other',
  'ACC-125': 'what cannot be told apart is not offered, and why is said',
  'ACC-126': 'what is held stays as it was, whatever the machine or its operator says by now',
  'ACC-128': 'D-PC6, D-PP2: an allocation and its device are one commit, whichever asks for the other',
  'ACC-129': 'D-PC2: of several devices all are taken or none, kin and inventories too',
  'ACC-130': 'a device has one holder at most, whatever happens to it',
  'ACC-131': 'a move holds a device on both sides, taken back only the first, gone through the other',
  'ACC-132': 'TR4: on the spot, a device is one guest’s, with its kin; and it is really there',
  'ACC-133': 'a running server stays with a device that cannot be moved',
  'ACC-134': 'a guest that fits with its devices is placed, as a full scan places it',
  'ACC-135': 'the ranking decides as a full scan does, and as a plain judge allows',
  'ACC-137': 'who gets CPUs of their own',
  'ACC-138': 'D-NU6: cells, CPUs and pages are claimed with the rest: of two only one gets the last',
  'ACC-139': 'shares of a card: as many as its driver makes, asked for by amount',
};

const volumes = 'volumes are not in scope';
const networks = 'ports of networks are not in scope';

// biome-ignore format: a table
export const leftOut: Readonly<Record<string, string>> = {
  'ACC-011': volumes,
  'ACC-013': 'there is no second database to be without',
  'ACC-014': volumes,
  'ACC-015': networks,
  'ACC-043': volumes,
  'ACC-055': volumes,
  'ACC-059': networks,
  'ACC-060': networks,
  'ACC-064': 'agents and control plane speak one version of the wire',
  'ACC-065': 'there are no cells of a fleet',
  'ACC-068': 'CPUs of hosts are not switched off',
  'ACC-082': 'what is left of disks is the driver’s, and is in its contract',
  'ACC-087': networks,
  'ACC-095': 'Placement’s own functional tests are run whole',
  'ACC-096': 'no move passes the scheduler by, and it decides on whole trees',
  'ACC-101': 'rules of groups are the ledger’s own: they cannot be switched off',
  'ACC-103': 'there is no late check: the rule is part of the claim',
  'ACC-123': 'there are no fleets of an older shape to be reshaped',
  'ACC-127': 'devices that are offered are always reported',
  'ACC-136': networks,
  'ACC-141': networks,
  'ACC-142': 'accelerators of another service are not in scope',
  'ACC-143': networks,
};

const cells = 'left out: there are no cells of a fleet';
const anyWay = (name: string, ...steps: string[]) =>
  steps.map((step) => `every way: ${name}/${step}`);

// biome-ignore format: a table
export const moves: Readonly<Record<string, readonly string[]>> = {
  'MV-01': anyWay('create', 'begin'),
  'MV-02': ['fewer than the least: nothing is made, nothing held, and the reason is kept'],
  'MV-03': [cells],
  'MV-04': ['ACC-008'],
  'MV-05': ['creates that come at once never have more than is allowed'],
  'MV-06': anyWay('create', 'begin', 'place'),
  'MV-07': ['ACC-008'],
  'MV-08': ['left out: accelerators of another service are not in scope'],
  'MV-09': anyWay('create', 'boot'),
  'MV-10': anyWay('create', 'active'),
  'MV-11': ['ACC-001'],
  'MV-12': ['ACC-002'],
  'MV-13': ['ACC-003'],
  'MV-14': ['ACC-008'],
  'MV-15': ['left out: there is no late check, the rule is part of the claim'],
  'MV-16': ['ACC-005'],
  'MV-17': anyWay('create', 'place'),
  'MV-20': anyWay('resize', 'fence'),
  'MV-21': anyWay('resize', 'fence'),
  'MV-22': ['ACC-042'],
  'MV-23': ['ACC-091'],
  'MV-24': anyWay('resize', 'claim'),
  'MV-25': ['ACC-024'],
  'MV-26': [cells],
  'MV-27': anyWay('resize', 'landing'),
  'MV-28': ['ACC-104'],
  'MV-29': ['ACC-036'],
  'MV-30': anyWay('resize', 'claim', 'landing'),
  'MV-31': ['ACC-031'],
  'MV-32': anyWay('resize', 'landing', 'park'),
  'MV-33': ['ACC-028', ...anyWay('resize', 'park')],
  'MV-34': ['ACC-045'],
  'MV-35': anyWay('resize', 'ship'),
  'MV-36': ['ACC-029', ...anyWay('resize', 'switch')],
  'MV-37': ['ACC-034'],
  'MV-40': ['ACC-044'],
  'MV-41': ['ACC-033', ...anyWay('confirm', 'clear')],
  'MV-42': anyWay('confirm', 'clear'),
  'MV-43': ['ACC-020'],
  'MV-44': ['ACC-092'],
  'MV-45': ['ACC-026'],
  'MV-50': anyWay('revert', 'fence'),
  'MV-51': anyWay('revert', 'aside'),
  'MV-52': anyWay('revert', 'clear'),
  'MV-53': anyWay('revert', 'back'),
  'MV-54': anyWay('revert', 'home'),
  'MV-55': anyWay('revert', 'returned'),
  'MV-56': anyWay('revert', 'back'),
  'MV-60': anyWay('move', 'fence'),
  'MV-61': ['ACC-057'],
  'MV-62': anyWay('move', 'claim'),
  'MV-63': ['ACC-067'],
  'MV-64': ['ACC-063'],
  'MV-65': ['a running server stays with a device that cannot be moved'],
  'MV-66': ['ACC-062', ...anyWay('move', 'landing')],
  'MV-67': ['left out: ports of networks are not in scope'],
  'MV-68': ['ACC-051'],
  'MV-69': anyWay('move', 'claim', 'landing'),
  'MV-70': ['ACC-054'],
  'MV-71': ['ACC-051'],
  'MV-72': ['ACC-054'],
  'MV-73': ['ACC-054'],
  'MV-74': ['ACC-052', 'ACC-053', ...anyWay('move', 'switchover')],
  'MV-75': ['ACC-058', ...anyWay('move', 'leave')],
  'MV-76': anyWay('move', 'rehome'),
  'MV-77': anyWay('move', 'release', 'settled'),
  'MV-80': ['a host is not evacuated before it is fenced, nor declared up before it is clean'],
  'MV-81': ['ACC-073'],
  'MV-82': anyWay('evacuate', 'claim'),
  'MV-83': ['ACC-071'],
  'MV-84': anyWay('evacuate', 'boot'),
  'MV-85': anyWay('evacuate', 'there'),
  'MV-86': ['ACC-070'],
  'MV-90': ['ACC-089'],
  'MV-91': ['ACC-110'],
  'MV-92': anyWay('unshelve', 'place', 'boot'),
  'MV-93': ['ACC-086'],
  'MV-94': anyWay('offload', 'kept', 'destroy', 'offloaded'),
};
