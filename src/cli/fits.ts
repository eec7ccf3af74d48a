/** `fits FLAVOR`: how many more servers of a flavor fit, where, and how many after a loss. */
import { styleText } from 'node:util';
import type { Static } from 'typebox';
import type { FlavorFits } from '../core/api/plimsoll/fits-schemas.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, table } from './table.ts';

type Fits = Static<typeof FlavorFits>;
type Loss = Fits['losses'][number];

/** How many hosts a table names. */
const HOSTS_SHOWN_MAX = 20;

export interface FitsAsked {
  readonly zone?: string;
  readonly project?: string;
  readonly image?: string;
}

export async function fits(session: Session, flavor: string, asked: FitsAsked): Promise<number> {
  const { client, format, print } = session;
  const wanted = {
    availability_zone: asked.zone,
    project_id: asked.project,
    image_id: asked.image,
  };
  const given = Object.entries(wanted).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const query = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  const path = `/flavors/${encodeURIComponent(flavor)}/fits${query}`;
  const body = await client.get<{ fits: Fits }>(path);
  if (body === null) {
    throw new Complaint(`there is no flavor '${flavor}'`, '`openstack flavor list` names them');
  }
  print(format === 'json' ? JSON.stringify(body.fits, null, 2) : inWords(body.fits));
  return 0;
}

const zoneColumns: readonly Column<Fits['zones'][number]>[] = [
  { title: 'ZONE', cell: ({ availability_zone }) => availability_zone },
  { title: 'HOSTS WITH ROOM', right: true, cell: ({ hosts }) => hosts },
  { title: 'MORE', right: true, cell: ({ more }) => more },
];

const hostColumns: readonly Column<Fits['hosts'][number]>[] = [
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'ZONE', cell: ({ availability_zone }) => availability_zone },
  { title: 'MORE', right: true, cell: ({ more }) => more },
];

const lossColumns: readonly Column<Loss>[] = [
  { title: 'AFTER LOSING', cell: ({ kind, name }) => `${kind} ${name}` },
  { title: 'HOSTS', right: true, cell: ({ hosts }) => hosts },
  { title: 'SERVERS', right: true, cell: ({ servers }) => servers },
  { title: 'HOMELESS', right: true, cell: ({ homeless }) => homeless ?? '?' },
  { title: 'MORE', right: true, cell: number },
];

const words: Readonly<Record<Fits['bound'], string>> = {
  exact: '',
  'at-least': 'at least ',
  'at-most': 'at most ',
  unsure: 'about ',
};

function number({ more, bound }: Pick<Fits, 'more' | 'bound'>): string {
  return `${words[bound]}${more}`;
}

function inWords(it: Fits): string {
  const { flavor, more, hosts, hosts_total, why } = it;
  const many = more === 1 ? 'server' : 'servers';
  const head = `${number(it)} more ${many} of ${flavor} would fit, on ${hosts.length} of ${hosts_total} hosts.`;
  const parts = [styleText('bold', head)];
  if (why !== null) parts.push(why);
  if (it.zones.length > 1) parts.push(table(zoneColumns, it.zones));
  if (hosts.length > 0) parts.push(table(hostColumns, hosts.slice(0, HOSTS_SHOWN_MAX)));
  if (hosts.length > HOSTS_SHOWN_MAX) parts.push(`… and ${hosts.length - HOSTS_SHOWN_MAX} hosts`);
  if (it.losses.length > 0) parts.push(table(lossColumns, it.losses));
  return parts.join('\n\n');
}
