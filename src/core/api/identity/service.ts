import type { Service } from '../http.ts';
import type { IdentityRooms } from './rooms.ts';
export declare const identityService: () => Service<IdentityRooms>;
