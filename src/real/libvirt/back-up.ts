/** A copy of the disk of a domain as it was when it was asked, whatever is written meanwhile. */
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { until } from '../qemu/waiting.ts';
import type { DomainGuest } from './domain-guest.ts';
import { backUpXml } from './domain-xml.ts';
import * as libvirt from './procedures.ts';
import type { DomainName } from './xdr.ts';

/** A disk that makes no end: the caller's deadline is far shorter. */
const COPIED_WITHIN_MS = 3_600_000;
const LOOKED_AT_EVERY_MS = 50;

export async function backUp(
  { ways, record, folder }: DomainGuest,
  domain: DomainName,
  name: string,
  format: string,
): Promise<Decision<void, string>> {
  const { line } = ways;
  const begun = await libvirt.backUp(line, domain, backUpXml(record, format, folder.file(name)));
  if (begun.is !== 'done') return no(begun.is === 'no' ? begun.why.message : UNHEARD);
  const copied = await until(
    COPIED_WITHIN_MS,
    async () => {
      const job = await libvirt.jobStats(line, domain);
      if (job.is === 'done' && job.value.type !== libvirt.NO_JOB) return null;
      return libvirt.lastJob(line, domain);
    },
    LOOKED_AT_EVERY_MS,
  );
  if (copied?.is === 'done' && copied.value.type === libvirt.COMPLETED) return done(undefined);
  const why = copied?.is === 'done' ? copied.value.stats['errmsg'] : undefined;
  return no(`its disk could not be copied: ${String(why ?? UNHEARD)}`);
}

const UNHEARD = 'libvirtd does not answer';
