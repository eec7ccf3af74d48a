/** Keeps near an address: hints build_near_host_ip and cidr (`/24` unless said otherwise). */
import { type Filter, plainly, type Request } from '../plugin.ts';

export const near: Filter<Request> = {
  name: 'near',
  wakes: ['host.added', 'host.changed'],
  allows: ({ ask }, { row }) => {
    const { build_near_host_ip: ip, cidr } = ask.about.hints;
    return typeof ip !== 'string' || together(ip, row.host_ip, bitsIn(cidr));
  },
  objection: ({ ask }, { row }) => {
    const { build_near_host_ip: ip, cidr } = ask.about.hints;
    return plainly(`has the address ${row.host_ip}, outside ${String(ip)}/${bitsIn(cidr)}`);
  },
};

const bitsIn = (cidr: unknown): number => {
  const found = /^\/?(\d{1,2})$/.exec(typeof cidr === 'string' ? cidr : '/24');
  return Math.min(32, Number(found?.[1] ?? 32));
};

function together(a: string, b: string, bits: number): boolean {
  const [first, second] = [numberOf(a), numberOf(b)];
  if (first === null || second === null) return a === b;
  const size = 2 ** (32 - bits);
  return Math.floor(first / size) === Math.floor(second / size);
}

/** The 32 bits of a dotted address; null: it is none. */
function numberOf(ip: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip)?.slice(1).map(Number);
  if (parts?.every((part) => part < 256) !== true) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
