/**
 * Requests that are being answered, so that a server that stops lets them be answered first. An
 * answer that is a stream has no end that could be waited for, and does not count.
 */
import type { ServerResponse } from 'node:http';

export class UnderWay {
  readonly #open = new Set<ServerResponse>();
  #quiet: () => void = () => {};

  begin(response: ServerResponse): void {
    this.#open.add(response);
    response.once('close', () => this.end(response));
  }

  end(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size === 0) this.#quiet();
  }

  /** Resolves when all are answered, or after `within_ms`. */
  async quiet(within_ms: number): Promise<void> {
    if (this.#open.size === 0) return;
    let alarm: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#quiet = resolve;
      alarm = setTimeout(resolve, within_ms);
    });
    clearTimeout(alarm);
  }
}
