/** `why-not SERVER HOST`: what speaks against a host, filter by filter, and what would help. */
import { styleText } from 'node:util';
import type { Static } from 'typebox';
import type { WhyNot } from '../core/api/plimsoll/why-not-schemas.ts';
import { sizeInWords } from '../core/topology/pages.ts';
import { Complaint } from './complaint.ts';
import { uuidOf } from './server-named.ts';
import type { Session } from './session.ts';
import { type Column, table } from './table.ts';

type WhyNotView = Static<typeof WhyNot>;

export async function whyNot(session: Session, what: string, host: string): Promise<number> {
  const { client, format, print } = session;
  const path = `/servers/${await uuidOf(client, what)}/why-not/${encodeURIComponent(host)}`;
  const body = await client.get<{ why_not: WhyNotView }>(path);
  if (body === null) {
    const next = '`plimsoll server list` and `plimsoll host list` name what there is';
    throw new Complaint(`there is no server '${what}', or no host '${host}'`, next);
  }
  print(format === 'json' ? JSON.stringify(body.why_not, null, 2) : inWords(body.why_not));
  return 0;
}

const columns: readonly Column<WhyNotView['constraints'][number]>[] = [
  { title: 'FILTER', cell: ({ filter }) => filter },
  { title: 'PASSES', cell: ({ passes }) => (passes ? 'yes' : 'no') },
  { title: 'NEEDED', right: true, cell: ({ needed }) => needed },
  { title: 'AVAILABLE', right: true, cell: ({ available }) => available },
  { title: 'WHY NOT', cell: ({ reason }) => reason },
];

type CellView = WhyNotView['cells'][number];
const pagesInWords = ({ pages, size_kib }: CellView['pages_free'][number]): string =>
  `${pages} of ${sizeInWords(size_kib)}`;

const cellColumns: readonly Column<CellView>[] = [
  { title: 'CELL', right: true, cell: ({ cell }) => cell },
  { title: 'VCPUS FREE', right: true, cell: ({ vcpus_free }) => vcpus_free },
  { title: 'MEMORY MiB FREE', right: true, cell: ({ memory_mib_free }) => memory_mib_free },
  { title: 'CPUS FREE', right: true, cell: ({ cpus_free }) => cpus_free },
  { title: 'PAGES FREE', cell: ({ pages_free }) => pages_free.map(pagesInWords).join(', ') },
  { title: 'COULD TAKE GUEST NODES', cell: ({ guest_nodes }) => guest_nodes.join(', ') },
];

function inWords({ host, fits, constraints, cells, repairs }: WhyNotView): string {
  const head = fits ? `${host} would take it now.` : `${host} would not take it.`;
  const parts = [styleText('bold', head), table(columns, constraints)];
  if (cells.length > 0) parts.push(table(cellColumns, cells));
  const lines = repairs.map(({ sentence }) => `  - ${sentence}`);
  if (lines.length > 0) parts.push(['What would make it fit, each tried:', ...lines].join('\n'));
  return parts.join('\n\n');
}
