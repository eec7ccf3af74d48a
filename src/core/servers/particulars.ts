/**
 * What its owner says of a server that nothing here goes by: it is kept, and told again.
 *
 * User data and the wish for a config drive are among it: they are kept for the day on which
 * guests can read them.
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
