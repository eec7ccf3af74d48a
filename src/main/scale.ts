/**
 * `npm run sim -- --scale 1000,10000`: what each thing costs in fleets of these sizes, ten servers
 * a host unless `--servers-each` says otherwise, and how its cost grows from one to the next: 0, it
 * does not; 1, as the fleet does. A server takes about a millisecond of a processor.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { measureScale, type Probes, type ScaleFigures } from '../sim/scale.ts';

export interface ScaleOptions {
  readonly sizes: readonly number[];
  readonly servers_each: number;
  readonly drain: () => Promise<void>;
}

export async function playScale({ sizes, servers_each, drain }: ScaleOptions): Promise<number> {
  let before: ScaleFigures | null = null;
  const probes = realProbes();
  // A small fleet first: what the compiler has not seen yet is slow.
  await measureScale({ hosts: 100, servers: 1_000, drain, probes });
  for (const hosts of sizes) {
    const found = await measureScale({ hosts, servers: hosts * servers_each, drain, probes });
    console.log(JSON.stringify(rounded({ ...found }, 1)));
    if (before !== null) console.log(JSON.stringify({ growth: growth(before, found) }));
    before = found;
  }
  return 0;
}

function realProbes(): Probes {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return {
    cpu_ms() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    heap_mib() {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / 2 ** 20;
    },
  };
}

/** The exponent of each figure's growth with the size of the fleet. */
function growth(from: ScaleFigures, to: ScaleFigures): Figures {
  const size = Math.log(to.hosts / from.hosts);
  const figures = Object.entries(to).map(([name, value]): [string, number] => [
    name,
    Math.log(value / from[name as keyof ScaleFigures]) / size,
  ]);
  return rounded(Object.fromEntries(figures), 2);
}

type Figures = Readonly<Record<string, number>>;

const rounded = (figures: Figures, digits: number): Figures =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(digits))]),
  );
