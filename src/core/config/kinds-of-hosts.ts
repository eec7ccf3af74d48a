/** The types of values that speak of a host's CPUs, pages, devices and bridges. */
import type { ReservedPages } from '../agent/config.ts';
import { type Alias, deviceAliases } from '../devices/alias.ts';
import type { StandardNames } from '../devices/fields.ts';
import { type PmemLabel, pmemLabels } from '../devices/pmem.ts';
import { type DeviceSpec, deviceSpecs } from '../devices/spec.ts';
import { STANDARD_CLASSES, STANDARD_TRAITS } from '../ledger/standard-names.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { cpuSet } from '../topology/cpu-set.ts';
import { sizeOfPages } from '../topology/pages.ts';
import { isMap, itemsOf } from './kinds.ts';
import type { Given, Kind } from './setting.ts';

/** No machine has more CPUs. */
const CPUS_MAX = 65_536;
const BRIDGES_MAX = 100;

/** `0-3,^2,8`, or a list of such. */
export const cpus: Kind<readonly number[]> = {
  type: 'set of CPUs',
  range: `0 to ${CPUS_MAX - 1}, e.g. 0-3,^2`,
  flag: 'one',
  read: (given) => {
    const text = Array.isArray(given) ? given.map(String).join(',') : String(given);
    const set = cpuSet(text, CPUS_MAX);
    return set === null ? no('it must be a set of CPUs such as 0-3,^2') : done(set);
  },
};

/** `LABEL:NAME|NAME`, or several. */
export const pmem: Kind<readonly PmemLabel[]> = {
  type: 'list of namespaces',
  range: 'LABEL:NAME|NAME; between them ,',
  flag: 'one',
  read: (given) => {
    const read = pmemLabels(Array.isArray(given) ? given.map(String).join(',') : String(given));
    return read.is === 'no' ? no(`it must be like 6GB:ns0|ns1: ${read.why.join('; ')}`) : read;
  },
};

const PAGES = /^node:(\d{1,3}),size:([^,]+),count:(\d{1,9})$/;

/** `node:0,size:2MB,count:64`, a map of a file with these names, or several. */
export const pages: Kind<readonly ReservedPages[]> = {
  type: 'list of pages',
  range: 'cell 0 to 999, a size of pages, 0 to 999999999 of them; between them ;',
  flag: 'many',
  read: (given) => {
    const items = isMap(given) ? [given] : itemsOf(given, ';');
    const read = items?.map(pagesOf) ?? [null];
    const found = read.filter((one) => one !== null);
    const must = 'it must be like node:0,size:2MB,count:64';
    if (found.length < read.length) return no(must);
    const twice = found.some((one, at) => found.findIndex((other) => isSame(one, other)) !== at);
    return twice ? no('it must name each size of a cell once') : done(found);
  },
};

const isSame = (one: ReservedPages, other: ReservedPages): boolean =>
  one.cell === other.cell && one.size_kib === other.size_kib;

function pagesOf(given: Given): ReservedPages | null {
  const text = isMap(given)
    ? `node:${given['node']},size:${given['size']},count:${given['count']}`
    : String(given);
  const [, cell, size = '', count] = PAGES.exec(text) ?? [];
  const size_kib = sizeOfPages(size);
  if (cell === undefined || size_kib === null) return null;
  return { cell: Number(cell), size_kib, count: Number(count) };
}

/** As the kernel bounds the names of interfaces. */
const BRIDGE = /^[\w.-]{1,15}$/;
const LABEL = /^[^\p{Cc}]{1,255}$/u;

export interface NamedBridge {
  readonly bridge: string;
  readonly name: string;
}

export const bridges: Kind<readonly NamedBridge[]> = {
  type: 'list of bridges',
  range: `a bridge's name, e.g. br0 or br0=public, at most ${BRIDGES_MAX}; between them a space`,
  flag: 'many',
  read: (given) => {
    const found = (itemsOf(given, ' ') ?? [given]).map(bridgeOf);
    if (found.length > BRIDGES_MAX || found.some((one) => one === null)) {
      return no("it must be a bridge's name, e.g. br0 or br0=public");
    }
    const named = found.filter((one) => one !== null);
    const once = (name: keyof NamedBridge) => new Set(named.map((one) => one[name])).size;
    const twice = once('bridge') < named.length || once('name') < named.length;
    return twice ? no('it must name each bridge and each label only once') : done(named);
  },
};

function bridgeOf(given: Given): NamedBridge | null {
  const [bridge = '', ...rest] = String(given).split('=');
  const name = rest.length === 0 ? bridge : rest.join('=');
  return BRIDGE.test(bridge) && LABEL.test(name) ? { bridge, name } : null;
}

type Reader<Value> = (said: unknown, names: StandardNames) => Decision<Value, readonly string[]>;

const names = { classes: STANDARD_CLASSES, traits: STANDARD_TRAITS };

/** As JSON, or as a list of a file. */
const jsonList = <Value>(type: string, reader: Reader<Value>): Kind<Value> => ({
  type,
  range: 'a JSON list of objects in the words of upstream',
  flag: 'one',
  read: (given) => {
    const said = typeof given === 'string' ? parsed(given) : done(given);
    if (said.is === 'no') return said;
    const read = reader(said.value, names);
    return read.is === 'no' ? no(read.why.join('; ')) : read;
  },
});

export const devices: Kind<readonly DeviceSpec[]> = jsonList('list of devices', deviceSpecs);
export const aliases: Kind<ReadonlyMap<string, Alias>> = jsonList('list of names', deviceAliases);

function parsed(text: string): Decision<unknown, string> {
  try {
    return done(JSON.parse(text));
  } catch {
    return no('it must be JSON');
  }
}
