/** Waiting for processes and sockets, never for longer than it was said. */

/** What the promise comes to, or `otherwise` if that takes longer. */
export async function within<T, U>(span_ms: number, promise: Promise<T>, otherwise: U) {
  let alarm: NodeJS.Timeout | undefined;
  const late = new Promise<U>((resolve) => {
    alarm = setTimeout(() => resolve(otherwise), span_ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(alarm));
}

export const pause = (span_ms: number): Promise<void> =>
  new Promise((wake) => setTimeout(wake, span_ms));

/** Asks again until there is an answer; null if there is none in time. */
export async function until<T>(
  span_ms: number,
  ask: () => Promise<T | null>,
  every_ms = 10,
): Promise<T | null> {
  for (let left_ms = span_ms; ; left_ms -= every_ms) {
    const found = await ask();
    if (found !== null || left_ms <= 0) return found;
    await pause(every_ms);
  }
}

/** One after another, each whatever became of those before it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
