import type { Service } from '../http.ts';
import type { ComputeRooms } from './rooms.ts';
export declare const computeService: () => Service<ComputeRooms>;
