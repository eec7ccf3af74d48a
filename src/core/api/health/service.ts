/**
 * GET /healthz and /readyz: what is wrong with this process, without a log-in, for balancers and
 * supervisors.
 *
 *   200  {"ok":true,"wrong":[]}
 *   503  {"ok":false,"wrong":[{"name":"database-lost","what":"…","next":"…"}]}
 *
 * Both say all that is wrong; they differ in what of it makes a 503 (troubles.ts).
 */
import { type HttpResponse, json, type Route, type Service } from '../http.ts';
import type { Pulse } from './pulse.ts';
import { TROUBLES, type TroubleName } from './troubles.ts';

export interface HealthRooms {
  readonly pulse: Pick<Pulse, 'troubles'>;
}

type Question = 'serves' | 'lives';

async function answer(question: Question, { pulse }: HealthRooms): Promise<HttpResponse> {
  const wrong = (await pulse.troubles()).map(inFull);
  const ok = wrong.every((trouble) => trouble[question]);
  const told = wrong.map(({ name, what, next }) => ({ name, what, next }));
  return json(ok ? 200 : 503, { ok, wrong: told }, { 'cache-control': 'no-store' });
}

const inFull = (name: TroubleName) => ({ name, ...TROUBLES[name] });

const routesOf = (path: string, question: Question): Route<HealthRooms>[] =>
  (['GET', 'HEAD'] as const).map((method) => ({
    method,
    path,
    at_once: true,
    handle: (_request, rooms) => answer(question, rooms),
  }));

const problem = (status: number, code: string): HttpResponse => json(status, { code });

export const healthService: Service<HealthRooms> = {
  name: 'health',
  prefix: '',
  routes: [...routesOf('/healthz', 'lives'), ...routesOf('/readyz', 'serves')],
  notFound: () => problem(404, 'not-found'),
  wrongMethod: (_request, allow) => ({
    ...problem(405, 'wrong-method'),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: () => problem(500, 'bug'),
};
