/** Where the reader is: the address bar, as a hook. Plain links work; no library is needed. */
import { useEffect, useState } from 'preact/hooks';
import { type Place, placeOf } from './links.ts';

const MOVED = 'plimsoll:moved';

export function go(to: string): void {
  history.pushState(null, '', to);
  window.dispatchEvent(new Event(MOVED));
}

/** Follows ordinary links inside the page; a new tab, another site or a download is left alone. */
export function followLinks(event: MouseEvent): void {
  const link = (event.target as Element).closest('a');
  const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (link === null || modified || event.button !== 0) return;
  if (link.origin !== location.origin || link.target !== '' || link.hash !== '') return;
  event.preventDefault();
  go(link.pathname);
  document.querySelector('main')?.focus();
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.pathname));
  useEffect(() => {
    const moved = () => setPlace(placeOf(location.pathname));
    window.addEventListener('popstate', moved);
    window.addEventListener(MOVED, moved);
    return () => {
      window.removeEventListener('popstate', moved);
      window.removeEventListener(MOVED, moved);
    };
  }, []);
  return place;
}
