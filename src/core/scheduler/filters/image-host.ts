/** Keeps an image to the hosts that can run it: its architecture and its hypervisor. */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';
import { fulfils } from '../specs/operators.ts';

export const imageHost: Filter<Request> = {
  name: 'image',
  wakes: ['host.added', 'host.changed'],
  allows: (request, host) => why(request, host) === null,
  objection: (request, host) => plainly(why(request, host) ?? 'can run the image'),
};

function why({ ask }: Request, host: HostView): string | null {
  const { image, options } = ask.about;
  const arch = image['hw_architecture'] ?? image['architecture'] ?? options.default_architecture;
  if (arch && !runs(host, arch)) return `cannot run images for ${arch}`;
  const { hypervisor_type, hypervisor_version } = host.row;
  const type = image['img_hv_type'] ?? image['hypervisor_type'];
  if (type !== undefined && type.toLowerCase() !== hypervisor_type.toLowerCase()) {
    return `has the hypervisor ${hypervisor_type}, and the image is for ${type}`;
  }
  const asked = image['img_hv_requested_version'] ?? image['hypervisor_version_requires'];
  if (asked === undefined || versionFits(hypervisor_version, asked)) return null;
  return `has version ${hypervisor_version} of its hypervisor, and the image needs ${asked}`;
}

const ALSO: Readonly<Record<string, string>> = { AMD64: 'X86_64', ARM64: 'AARCH64' };

function runs(host: HostView, arch: string): boolean {
  const named = arch.toUpperCase();
  const name = `COMPUTE_ARCH_${ALSO[named] ?? named}`;
  return host.hasTrait({ name, id: host.books.traitByName.get(name)?.id ?? -1 });
}

/** e.g. `>=6.2,<7`: versions as numbers, 6.2 is 6002000. */
const versionFits = (version: number, asked: string): boolean =>
  asked.split(',').every((one) => {
    const [, operator = '==', wanted = ''] = /^\s*([<>=!]{1,2})?\s*([\d.]+)\s*$/.exec(one) ?? [];
    const [major = 0, minor = 0, patch = 0] = wanted.split('.').map(Number);
    const number = major * 1_000_000 + minor * 1000 + patch;
    if (operator === '<') return version < number;
    if (operator === '>') return version > number;
    return fulfils(String(version), `${operator === '=' ? '==' : operator} ${number}`);
  });
