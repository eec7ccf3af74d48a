/** A certificate is read again at SIGHUP; one that cannot be used leaves the old one in place. */
import type { Journal } from '../../core/ports/journal.ts';
import { readTls, type Tls, type TlsPaths } from '../../real/tls.ts';

export function renewAtHangup(
  paths: TlsPaths | null,
  renew: (tls: Tls) => void,
  journal: Journal,
): { stop(): void } {
  if (paths === null) return { stop: () => {} };
  const again = (): void => {
    const read = readTls(paths);
    if (read.is === 'done') renew(read.value);
    if (read.is === 'done') journal.info('certificate.renewed');
    else journal.error('certificate.refused', { why: read.why });
  };
  process.on('SIGHUP', again);
  return { stop: () => void process.off('SIGHUP', again) };
}
