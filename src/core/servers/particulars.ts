/**
 * What its owner says of a server that nothing here goes by: it is kept, and told again. Some of it
 * is for the guest, which reads it on its config drive (config-drive.ts).
 */
export interface Particulars {
  /** '' where none was named. */
  readonly access_ipv4: string;
  readonly access_ipv6: string;
  readonly disk_config: 'AUTO' | 'MANUAL';
  /** Null: it follows from the server's name. */
  readonly hostname: string | null;
  /** In base64, as it came. */
  readonly user_data: string | null;
  readonly config_drive: boolean;
  /** Of the key that it was made with, or rebuilt with last; left out: no key. */
  readonly public_key?: string | null;
  /** For the guest; left out: none. */
  readonly files?: readonly OwnFile[];
}

export interface OwnFile {
  /** Where the guest is to put it. */
  readonly path: string;
  /** In base64. */
  readonly contents: string;
}

const NOTHING_SAID: Particulars = {
  access_ipv4: '',
  access_ipv6: '',
  disk_config: 'MANUAL',
  hostname: null,
  user_data: null,
  config_drive: false,
};

/** Servers that were made, and that ended, before there were particulars have none. */
export const particularsOf = (row: {
  readonly particulars?: Particulars | null | undefined;
}): Particulars => row.particulars ?? NOTHING_SAID;

/** The same with what is said now. */
export const withSaid = (
  row: { readonly particulars?: Particulars | null | undefined },
  said: Partial<Particulars>,
): Particulars => ({ ...particularsOf(row), ...said });

/** The name that its guest has: the one that was said, or its name in letters, digits, dashes. */
export function hostnameOf(row: {
  readonly uuid: string;
  readonly name: string;
  readonly particulars?: Particulars | null | undefined;
}): string {
  const { hostname } = particularsOf(row);
  if (hostname !== null) return hostname;
  const label = row.name
    .toLowerCase()
    .replaceAll(/[\s_]/g, '-')
    .replaceAll(/[^a-z0-9.-]/g, '')
    .replaceAll(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63);
  return label === '' ? `server-${row.uuid}` : label;
}
