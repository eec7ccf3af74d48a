/**
 * A connection whose other end died without a word is noticed: each end pings, and ends what has
 * not been heard of since the ping before.
 */
import type { WebSocket } from 'ws';

const PING_EVERY_MS = 5_000;

export function keepAlive(socket: WebSocket): void {
  let heard = true;
  const hear = () => {
    heard = true;
  };
  socket.on('pong', hear).on('ping', hear).on('message', hear);
  const timer = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    socket.ping();
  }, PING_EVERY_MS);
  timer.unref();
  socket.on('close', () => clearInterval(timer));
}
