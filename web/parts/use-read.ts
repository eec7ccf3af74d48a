/**
 * Reads one thing of our API, again whenever `freshness` changes; keeps the last while it waits.
 */
import { useEffect, useState } from 'preact/hooks';
import { read } from '../client.ts';

export type Reading<T> =
  | { readonly is: 'reading' }
  | { readonly is: 'here'; readonly value: T }
  | { readonly is: 'failed'; readonly message: string };

export function useRead<T>(path: string, freshness: unknown): Reading<T> {
  const [reading, setReading] = useState<Reading<T>>({ is: 'reading' });
  useEffect(() => {
    const stop = new AbortController();
    read<T>(path, stop.signal).then(
      (value) => setReading({ is: 'here', value }),
      (error: Error) => {
        if (!stop.signal.aborted) setReading({ is: 'failed', message: error.message });
      },
    );
    return () => stop.abort();
  }, [path, freshness]);
  return reading;
}
