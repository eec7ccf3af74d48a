/**
 * The outside judge of our answers: the response schemas of the API's own contract, by route and
 * microversion. Nothing of ours had a hand in them; who has the file hands in its text.
 */
import Format from 'typebox/format';
import { Compile } from 'typebox/schema';

interface Spoken {
  readonly min: string | null;
  readonly max: string | null;
  readonly schema: string;
}
interface ContractRoute {
  readonly verb: string;
  readonly path: string;
  readonly action: string | null;
  readonly versions: readonly (readonly [string | null, string | null])[];
  readonly response: readonly Spoken[];
  readonly success: readonly (readonly [unknown, string | null, string | null])[];
}

const minor = (text: string | null, otherwise: number): number =>
  text === null ? otherwise : Number(text.split('.')[1]);
const within = (version: number, min: string | null, max: string | null): boolean =>
  version >= minor(min, 0) && version <= minor(max, 1000);

export interface Judge {
  /** What is wrong with an answer; empty when nothing is. `known` is false for no such route. */
  judge(
    verb: string,
    path: string,
    request: unknown,
    version: number,
    answer: { readonly status: number; readonly body: unknown },
  ): { readonly known: boolean; readonly wrong: readonly string[] };
}

/** Moments without a zone are UTC here, which the format's own rule would refuse. */
Format.Set('date-time', (text) =>
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.test(text),
);

/** The judge that a contract makes, from the text of its file. */
export function contractJudge(text: string): Judge {
  const { routes, schemas } = JSON.parse(plain(text)) as {
    routes: ContractRoute[];
    schemas: Record<string, object>;
  };
  const compiled = new Map<string, ReturnType<typeof Compile>>();
  const checker = (name: string) => {
    const known = compiled.get(name) ?? Compile(schemas[name] as never);
    compiled.set(name, known);
    return known;
  };
  const sorted = routes.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length);
  return {
    judge(verb, path, request, version, { status, body }) {
      const route = sorted.find((one) => fits(one, verb, path, request, version));
      if (route === undefined) return { known: false, wrong: [] };
      const good = route.success
        .filter(([code, min, max]) => typeof code === 'number' && within(version, min, max))
        .map(([code]) => code);
      const wrong =
        good.length > 0 && !good.includes(status) ? [`status ${status}, not ${good}`] : [];
      const spoken = route.response.find(({ min, max }) => within(version, min, max));
      const empty = body === '' ? null : body;
      if (spoken === undefined || checker(spoken.schema).Check(empty))
        return { known: true, wrong };
      const [, complaints] = checker(spoken.schema).Errors(empty) as unknown as [
        boolean,
        unknown[],
      ];
      return { known: true, wrong: [...wrong, JSON.stringify(complaints.slice(0, 3))] };
    },
  };
}

/** Its patterns escape characters that need none, which a Unicode pattern may not. */
const plain = (text: string): string => text.replaceAll(/\\\\([@ ~:])/g, '$1');

function fits(
  { verb, path, action, versions }: ContractRoute,
  asked: string,
  url: string,
  request: unknown,
  version: number,
): boolean {
  if (verb !== asked) return false;
  if (action !== null && !(typeof request === 'object' && request !== null && action in request)) {
    return false;
  }
  if (
    versions.length > 0 &&
    !versions.some(([min, max]) => /^2|^$/.test(min ?? '') && within(version, min, numeric(max)))
  ) {
    return false;
  }
  const [bare = ''] = url.split('?');
  return new RegExp(`^${path.replaceAll(/\{.*?\}/g, '[^/]+')}/?$`).test(bare);
}

/** Some bounds are names of constants; those end before the versions that matter here. */
const numeric = (bound: string | null): string | null =>
  bound !== null && !/^\d/.test(bound) ? '2.35' : bound;
