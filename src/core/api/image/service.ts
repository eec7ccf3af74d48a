import type { Service } from '../http.ts';
import type { ImageRooms } from './rooms.ts';
export declare const imageService: () => Service<ImageRooms>;
