/**
 * `explain ID_OR_SERVER`: why no host could take a server, host by host; or why one did.
 *
 * It takes what the user has at hand: an explanation's id, or a server's uuid or name, for which
 * the newest explanation is shown.
 */
import { styleText } from 'node:util';
import type { Static } from 'typebox';
import type { Explanation, Server } from '../core/api/plimsoll/schemas.ts';
import type { Client } from './client.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, table } from './table.ts';

type ExplanationView = Static<typeof Explanation>;
type Nearest = NonNullable<ExplanationView['nearest_miss']>;
type Chosen = NonNullable<ExplanationView['chosen']>;
type ServerView = Static<typeof Server>;

export async function explain(session: Session, what: string): Promise<number> {
  const { client, format, print } = session;
  const explanation = (await byId(client, what)) ?? (await ofServer(client, what));
  if (explanation === null) {
    throw new Complaint(
      `'${what}' is no explanation, and no server that was decided about of late`,
      '`plimsoll server list` names the servers; explanations are kept for a week',
    );
  }
  print(format === 'json' ? JSON.stringify(explanation, null, 2) : inWords(explanation));
  return 0;
}

async function byId(client: Client, id: string): Promise<ExplanationView | null> {
  const path = `/explanations/${encodeURIComponent(id)}`;
  return (await client.get<{ explanation: ExplanationView }>(path))?.explanation ?? null;
}

async function ofServer(client: Client, what: string): Promise<ExplanationView | null> {
  const servers = (await client.get<{ servers: ServerView[] }>('/servers'))?.servers ?? [];
  const named = servers.filter(({ name, uuid }) => name === what || uuid === what);
  if (named.length > 1) {
    throw new Complaint(`${named.length} servers are called '${what}'`, 'give the uuid of one');
  }
  const query = new URLSearchParams({ server: named[0]?.uuid ?? what });
  const path = `/explanations?${query}`;
  const body = await client.get<{ explanations: ExplanationView[] }>(path);
  const newest = body?.explanations.toSorted((a, b) => b.decided_at_ms - a.decided_at_ms);
  return newest?.[0] ?? null;
}

const funnelColumns: readonly Column<ExplanationView['funnel'][number]>[] = [
  { title: 'FILTER', cell: ({ filter }) => filter },
  { title: 'HOSTS IN', right: true, cell: (line) => line.in },
  { title: 'LEFT', right: true, cell: ({ out }) => out },
];

const holderColumns: readonly Column<Nearest['held_by'][number]>[] = [
  { title: 'HELD THERE BY', cell: ({ name }) => name },
  {
    title: 'AMOUNTS',
    cell: ({ amounts }) =>
      Object.entries(amounts)
        .map(([name, much]) => `${much} ${name}`)
        .join(', '),
  },
];

const hostColumns: readonly Column<ExplanationView['hosts'][number]>[] = [
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'FILTER', cell: ({ filter }) => filter },
  { title: 'NEEDED', right: true, cell: ({ needed }) => needed },
  { title: 'AVAILABLE', right: true, cell: ({ available }) => available },
  { title: 'WHY NOT THERE', cell: ({ reason }) => reason },
];

const pointColumns: readonly Column<Chosen['points'][number]>[] = [
  { title: 'WEIGHER', cell: ({ weigher }) => weigher },
  { title: 'WEIGHT', right: true, cell: ({ weight }) => weight },
  { title: 'MERIT', right: true, cell: ({ merit }) => merit.toFixed(3) },
  { title: 'POINTS', right: true, cell: ({ points }) => points.toFixed(3) },
];

const nextColumns: readonly Column<Chosen['runners_up'][number]>[] = [
  { title: 'CAME NEXT', cell: ({ host }) => host },
  { title: 'SCORE', right: true, cell: ({ score }) => score.toFixed(3) },
  {
    title: 'BEHIND MOSTLY BY',
    cell: ({ behind_by: by }) => (by === null ? null : `${by.weigher}: ${by.points.toFixed(3)}`),
  },
];

function whyChosen({ host, score, points, runners_up, passed_over }: Chosen): readonly string[] {
  const over = passed_over.map(({ filter, hosts }) => `${hosts} by ${filter}`);
  return [
    `Chosen: ${host}, with ${score.toFixed(3)} points`,
    ...(points.length > 0 ? [table(pointColumns, points)] : []),
    ...(over.length > 0 ? [`Ranked higher, and turned down: ${over.join(', ')}`] : []),
    ...(runners_up.length > 0 ? [table(nextColumns, runners_up)] : []),
  ];
}

function inWords(it: ExplanationView): string {
  const decided = new Date(it.decided_at_ms).toISOString();
  const parts = [
    styleText('bold', it.summary),
    `server ${it.server_uuid}, decided ${decided}, explanation ${it.id}, ${it.refusal ?? 'placed'}`,
    ...(it.funnel.length > 0 ? [table(funnelColumns, it.funnel)] : []),
    ...(it.chosen === null ? [] : whyChosen(it.chosen)),
  ];
  if (it.nearest_miss !== null) {
    parts.push(`Nearest miss: ${it.nearest_miss.sentence}`);
    if (it.nearest_miss.held_by.length > 0)
      parts.push(table(holderColumns, it.nearest_miss.held_by));
  }
  if (it.repairs.length > 0) {
    const lines = it.repairs.map(({ sentence }) => `  - ${sentence}`);
    parts.push(['What would make it fit, each tried:', ...lines].join('\n'));
  }
  if (it.hosts.length > 0) parts.push(table(hostColumns, it.hosts));
  const more = it.hosts_total - it.hosts.length;
  if (more > 0 && it.hosts.length > 0) parts.push(`… and ${more} hosts more`);
  return parts.join('\n\n');
}
