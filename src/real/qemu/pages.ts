/**
 * Larger pages, from where the kernel gives them out: a mounted hugetlbfs, each of one size.
 *
 *   /proc/self/mounts  hugetlbfs /dev/hugepages … pagesize=2M ─► a file there is QEMU's memory
 *   /proc/PID/numa_maps  … huge … N0=48 kernelpagesize_kB=2048 ─► what it really has, by cell
 *
 * Pages of a size that is not mounted nobody can have, so they are not offered either.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { GuestSpec } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { ORDINARY_KIB, sizeInWords, sizeOfPages } from '../../core/topology/pages.ts';

type Node = GuestSpec['nodes'][number];

/** The size of its pages, if they are larger than ordinary ones. */
export const largeOf = ({ pages }: Node): number | null =>
  pages !== undefined && pages.size_kib > ORDINARY_KIB ? pages.size_kib : null;

/** Where each size is mounted, by its KiB. */
export function pageFolders(mounts: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const line of mounts.split('\n')) {
    const [, folder = '', kind, options = ''] = line.split(' ');
    const size_kib = sizeOfPages(/(?:^|,)pagesize=(\w+)/.exec(options)?.[1] ?? '');
    if (kind === 'hugetlbfs' && size_kib !== null) found.set(size_kib, folder);
  }
  return found;
}

export const pageFoldersHere = (): ReadonlyMap<number, string> =>
  pageFolders(readFileSync('/proc/self/mounts', 'utf8'));

/** Null: there is a place for all of its memory. */
export function noSuchPages({ nodes }: GuestSpec): string | null {
  const folders = pageFoldersHere();
  const absent = nodes.map(largeOf).find((size) => size !== null && !folders.has(size)) ?? null;
  if (absent === null) return null;
  const option = `pagesize=${absent}K`;
  return `no hugetlbfs with pages of ${sizeInWords(absent)} is mounted (mount -o ${option})`;
}

/** Whether it has the large pages that were claimed for it, cell by cell. */
export async function holdsItsPages(
  { nodes }: GuestSpec,
  pid: number,
): Promise<Decision<void, string>> {
  const wanted = new Map<string, number>();
  for (const node of nodes) {
    const size_kib = largeOf(node);
    if (size_kib === null) continue;
    const place = `${sizeInWords(size_kib)} on NUMA cell ${node.cell}`;
    wanted.set(place, (wanted.get(place) ?? 0) + (node.pages?.count ?? 0));
  }
  if (wanted.size === 0) return done(undefined);
  const held = pagesIn(await readFile(`/proc/${pid}/numa_maps`, 'latin1').catch(() => ''));
  for (const [place, count] of wanted) {
    const there = held.get(place) ?? 0;
    if (there !== count) return no(`it has ${there} pages of ${place}, and was to have ${count}`);
  }
  return done(undefined);
}

/** How many pages of which size it has on which cell, in those words. */
export function pagesIn(numa_maps: string): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const line of numa_maps.split('\n')) {
    const size_kib = Number(/ kernelpagesize_kB=(\d+)/.exec(line)?.[1] ?? ORDINARY_KIB);
    if (!line.includes(' huge ')) continue;
    for (const [, cell, count] of line.matchAll(/ N(\d+)=(\d+)/g)) {
      const place = `${sizeInWords(size_kib)} on NUMA cell ${cell}`;
      held.set(place, (held.get(place) ?? 0) + Number(count));
    }
  }
  return held;
}
