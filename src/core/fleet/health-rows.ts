/** The table of builds that failed: which image on which host, how often, and whose fault it is. */
import { table } from '../base/table.ts';

export interface BuildFailureRow {
  readonly host: string;
  /** Its id; '' where there was none. */
  readonly image: string;
  readonly provider_id: number;
  readonly failures: number;
  /** How often they have been halved since the last one. */
  readonly halvings: number;
  readonly failed_at_ms: number;
  /** The image was seen to boot on some host since. */
  readonly image_boots: boolean;
  /** Whether it counts against the host. */
  readonly counts: boolean;
}

export const buildFailures = table<BuildFailureRow>({
  name: 'build_failure',
  columns: {
    host: 'text',
    image: 'text',
    provider_id: 'integer',
    failures: 'integer',
    halvings: 'integer',
    failed_at_ms: 'integer',
    image_boots: 'boolean',
    counts: 'boolean',
  },
  primary: ['host', 'image'],
  indexes: ['host', 'image'],
});
