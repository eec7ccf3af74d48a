/** The known word that was probably meant: the fewest letters put in, left out or changed. */

/** e.g. between `hw:numa_node` and `hw:numa_nodes` lies 1. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let at = 1; at <= b.length; at++) {
      const changed = (above[at - 1] as number) + (a[row - 1] === b[at - 1] ? 0 : 1);
      here.push(Math.min(changed, (above[at] as number) + 1, (here[at - 1] as number) + 1));
    }
    above = here;
  }
  return above[b.length] as number;
}

/** Of equals the first; null: there is no known word. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Number.MAX_SAFE_INTEGER;
  for (const one of known) {
    const distance = editDistance(word, one);
    if (distance >= least) continue;
    least = distance;
    best = one;
  }
  return best;
}
