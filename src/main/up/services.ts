/** Every API that we speak, with its rooms. */
import { join } from 'node:path';
import { computeService } from '../../core/api/compute/service.ts';
import type { Pulse } from '../../core/api/health/pulse.ts';
import { healthService } from '../../core/api/health/service.ts';
import { identityService } from '../../core/api/identity/service.ts';
import { imageService } from '../../core/api/image/service.ts';
import type { Network } from '../../core/api/network/rooms.ts';
import { networkService } from '../../core/api/network/service.ts';
import { placementService } from '../../core/api/placement/service.ts';
import type { EventFeed } from '../../core/api/plimsoll/feed.ts';
import { plimsollService } from '../../core/api/plimsoll/service.ts';
import type { StatusRooms } from '../../core/api/plimsoll/status.ts';
import type { Directory } from '../../core/identity/directory.ts';
import { Logins } from '../../core/identity/login.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Entropy } from '../../core/ports/entropy.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import type { PasswordHasher } from '../../core/ports/passwords.ts';
import type { Replica } from '../../core/replica.ts';
import { type Mounted, mount } from '../../real/http-server.ts';
import type { Metrics } from '../../real/metrics/metrics.ts';
import { realSshKeys } from '../../real/ssh-keys.ts';
import { type AgentImagesRooms, agentImagesService } from '../qemu/agent-images.ts';
import { consoleService } from './console.ts';
import type { Auth } from './doorkeeper.ts';
import { type MetricsAccess, metricsService } from './metrics-service.ts';

export interface ServicesAbout {
  readonly replica: Replica;
  readonly directory: Directory;
  readonly passwords: PasswordHasher;
  readonly imageFiles: ImageFiles;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly networks: readonly Network[];
  readonly auth: Auth;
  readonly hostOf: AgentImagesRooms['hostOf'];
  readonly pulse: Pulse;
  readonly feed: EventFeed;
  readonly force_config_drive: boolean;
  readonly itself: StatusRooms['itself'];
  readonly metrics: Metrics;
  readonly metricsAccess: MetricsAccess;
}

export function allServices(about: ServicesAbout): Mounted[] {
  const { replica, directory, passwords, imageFiles, clock, entropy, networks, hostOf } = about;
  const { ledger, operations } = replica;
  const { feed } = about;
  const logins = new Logins({ ledger, directory, passwords, clock, entropy });
  return [
    ...(about.auth.is === 'own'
      ? [mount(identityService(), { ledger, directory, logins, passwords, entropy })]
      : []),
    mount(imageService(), { ledger, entropy, imageFiles }),
    mount(computeService(), {
      ledger,
      operations,
      clock,
      entropy,
      imageFiles,
      digests: passwords,
      sshKeys: realSshKeys,
      force_config_drive: about.force_config_drive,
    }),
    mount(placementService({ prefix: '/placement' }), { ledger, clock, entropy }),
    mount(networkService(), { networks }),
    mount(plimsollService, {
      ledger,
      clock,
      entropy,
      digests: passwords,
      feed,
      scheduler: replica.scheduler,
      operations,
      drainer: replica.drainer,
      audits: replica.audit,
      status: { itself: about.itself, pulse: about.pulse },
    }),
    mount(agentImagesService, { ledger, imageFiles, hostOf }),
    mount(consoleService(join(import.meta.dirname, '../../web')), null),
    mount(healthService, { pulse: about.pulse }),
    mount(metricsService, {
      metrics: about.metrics,
      digests: passwords,
      access: about.metricsAccess,
    }),
  ];
}
