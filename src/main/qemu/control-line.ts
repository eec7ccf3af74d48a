/** Plain requests of an agent to its control planes: the first that can be reached answers. */
import { AGENT_PREFIX } from './agent-images.ts';

export type Asked =
  | { readonly is: 'answer'; readonly response: Response }
  /** Nobody answered; what was asked may have been done. */
  | { readonly is: 'lost' };

export type Ask = (
  path: string,
  headers?: Readonly<Record<string, string>>,
  more?: { readonly method?: string; readonly body?: AsyncIterable<Uint8Array> },
) => Promise<Asked>;

/** A body that is a stream can be sent but once, so then only the first control plane is asked. */
export const controlLine =
  (control: readonly string[], token: string): Ask =>
  async (path, headers = {}, { method = 'GET', body } = {}) => {
    const authorization = `Bearer ${token}`;
    const tried = body === undefined ? control : control.slice(0, 1);
    for (const url of tried) {
      try {
        const response = await fetch(`${url}${AGENT_PREFIX}${path}`, {
          method,
          headers: { ...headers, authorization },
          ...(body !== undefined && { body, duplex: 'half' }),
        });
        return { is: 'answer', response };
      } catch {
        // The next one, if there is one.
      }
    }
    return { is: 'lost' };
  };
