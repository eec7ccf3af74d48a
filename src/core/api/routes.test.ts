/**
 * Goal: every service can be mounted: no two of its routes answer the same method and path.
 * Method: the route lists themselves, with what a path calls its parts left out.
 * Mutant that it killed: a list of aggregates declared where attachments are as well.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import { computeService } from './compute/service.ts';
import type { Service } from './http.ts';
import { identityService } from './identity/service.ts';
import { imageService } from './image/service.ts';
import { placementService } from './placement/service.ts';
import { plimsollService } from './plimsoll/service.ts';

const services: readonly Pick<Service<never>, 'routes'>[] = [
  computeService(),
  identityService(),
  imageService(),
  placementService(),
  plimsollService,
];

test('no two routes of a service are alike', () => {
  for (const { routes } of services) {
    ok(routes.length > 0);
    const names = routes.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`);
    deepEqual(
      names.filter((name, at) => names.indexOf(name) !== at),
      [],
    );
  }
});
