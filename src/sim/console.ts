/** What a simulated guest writes on its serial console: a dozen lines each time it is started. */
import type { Resident } from './machine.ts';

/** As many starts as this are kept. */
const BOOTS_KEPT = 20;

export function written(guest: Resident): string {
  const { boots } = guest;
  const kept = Math.min(boots, BOOTS_KEPT);
  const starts = Array.from({ length: kept }, (_, at) => bootLines(guest, boots - kept + at + 1));
  const last = guest.power === 'off' ? ['The system goes down.'] : [];
  return [...starts.flat(), ...last].map((line) => `${line}\n`).join('');
}

/** What there is of a simulated disk: whose it is, and what it was made of. */
export async function* diskOf({
  spec,
  boots,
  disk_image_id,
}: Resident): AsyncGenerator<Uint8Array> {
  const { uuid, image_id } = spec;
  const text = `disk of ${uuid}, made of ${disk_image_id ?? image_id ?? 'nothing'}, after ${boots} starts\n`;
  yield Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function bootLines({ spec }: Resident, boot: number): string[] {
  const { name, uuid, vcpus, memory_mib, disk_gib, image_id, nodes } = spec;
  return [
    `Simulated guest, start ${boot}.`,
    `uuid      ${uuid}`,
    `name      ${name}`,
    `vcpus     ${vcpus}`,
    `memory    ${memory_mib} MiB in ${Math.max(1, nodes.length)} node(s)`,
    `disk      ${disk_gib} GiB`,
    `image     ${image_id ?? 'none: it boots from nothing'}`,
    'Memory    checked.',
    'Disk      mounted.',
    'Network   none.',
    'Services  started.',
    '',
    `${name} login:`,
  ];
}
