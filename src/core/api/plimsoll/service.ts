/** Our own API under /plimsoll/v1: what the OpenStack APIs have no words for. */
import type { TObject, TSchema } from 'typebox';
import { json, type Service } from '../http.ts';
import { postAgentToken } from './agent-tokens.ts';
import { listFindings, postAudit, undoFinding } from './audit.ts';
import { explainQuery } from './candidate-explanation.ts';
import { listChanges } from './changes.ts';
import { postCleaned } from './devices.ts';
import { cancelDrain, showDrain, showDrainPlan, startDrain } from './drains.ts';
import { streamEvents } from './events.ts';
import { listExplanations, showExplanation } from './explanations.ts';
import { showFits } from './flavor-fits.ts';
import { listHosts, showHost } from './hosts.ts';
import { startMigration } from './moves.ts';
import { OWN_PREFIX, openapi } from './openapi.ts';
import { listOperations, showOperation } from './operations.ts';
import { listUsages, postUsages } from './project-usages.ts';
import { showRemovalPlan } from './removal-plan.ts';
import type { LedgerRooms, PlimsollRooms } from './rooms.ts';
import { asRoute, type OwnRoute, problem } from './route.ts';
import { showScreenshot } from './screenshot.ts';
import { listServers, showServer } from './servers.ts';
import { showStatus } from './status.ts';
import { listStuck, resetOperation } from './stuck.ts';
import { putTree } from './trees.ts';
import { showWhyNot } from './why-not.ts';

/** What is about the ledger alone, so that Placement by itself has it too. */
export const ledgerRoutes = [explainQuery, listChanges, putTree, listUsages, postUsages] as const;

/** The whole address map. */
export const ownRoutes = [
  listHosts,
  showHost,
  showRemovalPlan,
  showDrainPlan,
  showDrain,
  startDrain,
  cancelDrain,
  postAudit,
  listFindings,
  undoFinding,
  postCleaned,
  postAgentToken,
  listServers,
  showServer,
  showScreenshot,
  startMigration,
  listOperations,
  showOperation,
  listStuck,
  resetOperation,
  listExplanations,
  showExplanation,
  showWhyNot,
  showFits,
  showStatus,
  streamEvents,
  ...ledgerRoutes,
] as const;

const serviceOf = <Rooms>(
  routes: readonly OwnRoute<TObject, TSchema, Rooms>[],
): Service<Rooms> => ({
  name: 'plimsoll',
  prefix: OWN_PREFIX,
  routes: [
    ...routes.map((route) => asRoute<Rooms>(route)),
    { method: 'GET', path: '/openapi.json', handle: () => json(200, openapi(routes)) },
  ],
  notFound: ({ path }) =>
    problem(404, 'not-found', `nothing is at ${path}; ${OWN_PREFIX}/openapi.json lists what is`),
  wrongMethod: ({ method }, allow) => ({
    ...problem(405, 'wrong-method', `${method} is not possible here; try ${allow.join(', ')}`),
    headers: { 'content-type': 'application/json', allow: allow.join(', ') },
  }),
  failed: ({ request_id }) =>
    problem(500, 'bug', `this is a fault of ours; the log names it by ${request_id}`),
  finish: ({ request_id }, response) => ({
    ...response,
    headers: { ...response.headers, 'x-openstack-request-id': request_id },
  }),
});

export const plimsollService: Service<PlimsollRooms> = serviceOf<PlimsollRooms>(ownRoutes);
export const plimsollLedgerService: Service<LedgerRooms> = serviceOf<LedgerRooms>(ledgerRoutes);
