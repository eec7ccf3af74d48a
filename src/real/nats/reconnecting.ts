/**
 * A connection that broke is tried again for ever, at times drawn by lot: a fleet that was cut off
 * does not come back in one instant. A server that does not answer pings is as good as gone.
 */
export const reconnecting = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 1_000,
  pingInterval: 5_000,
  maxPingOut: 2,
  timeout: 5_000,
} as const;
