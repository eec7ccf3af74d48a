/** Small parts that every page uses. */
import type { ComponentChildren } from 'preact';
import { fill, type Mood, percent } from '../words.ts';

/** A state as a coloured dot and a word: never by colour alone. */
export const State = ({ mood, children }: { mood: Mood; children: ComponentChildren }) => (
  <span class={`state ${mood}`}>
    <span class="dot" aria-hidden="true" />
    {children}
  </span>
);

interface GaugeProps {
  readonly label: string;
  readonly used: number;
  readonly limit: number;
  readonly say?: (amount: number) => string;
}

/** How much of something is used, with the mark beyond which nothing may go. */
export function Gauge({ label, used, limit, say = String }: GaugeProps) {
  const part = fill(used, limit);
  return (
    <div class="gauge">
      <span class="gauge-label">{label}</span>
      <meter value={part} min={0} max={1} low={0.7} high={0.9} optimum={0} aria-label={label}>
        {percent(part)}
      </meter>
      <span class="gauge-text">
        {say(used)} of {say(limit)}
      </span>
    </div>
  );
}

/** What a page says when there is nothing to show, and what to do about it. */
export const Empty = ({ children }: { children: ComponentChildren }) => (
  <p class="empty">{children}</p>
);

export const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
