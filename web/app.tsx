/** The frame around every page: who we are, where to go, whether what is shown is current. */
import { useEffect, useState } from 'preact/hooks';
import { loggedIn, logOut } from './client.ts';
import { links, type Place } from './links.ts';
import { type Known, useKnown } from './live.ts';
import { AuditPage } from './pages/audit.tsx';
import { ExplanationPage } from './pages/explanation.tsx';
import { FitsForm, FitsPage } from './pages/fits.tsx';
import { Fleet } from './pages/fleet.tsx';
import { HostPage } from './pages/host.tsx';
import { Operations, Servers } from './pages/lists.tsx';
import { LogIn } from './pages/login.tsx';
import { OperationPage } from './pages/operation.tsx';
import { ServerPage } from './pages/server.tsx';
import { Empty, State } from './parts/basics.tsx';
import { followLinks, usePlace } from './route.ts';
import type { Mood } from './words.ts';

export function App() {
  const [session, setSession] = useState(loggedIn() ? 1 : 0);
  if (session === 0) {
    return (
      <main id="main">
        <LogIn entered={() => setSession(Date.now())} />
      </main>
    );
  }
  return <Frame session={session} leave={() => setSession(0)} />;
}

function Frame({ session, leave }: { session: number; leave: () => void }) {
  const known = useKnown(session);
  const place = usePlace();
  useEffect(() => {
    if (known.state === 'logged-out') leave();
  }, [known.state]);
  return (
    // Links are real links; this only spares the page from being loaded again.
    // biome-ignore lint/a11y/noStaticElementInteractions: the anchors inside take focus and keys
    // biome-ignore lint/a11y/useKeyWithClickEvents: a key on an anchor is a click on it
    <div onClick={followLinks}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Header
        known={known}
        place={place}
        leave={() => {
          logOut();
          leave();
        }}
      />
      <main id="main" tabIndex={-1}>
        <Page known={known} place={place} />
      </main>
    </div>
  );
}

const moods: Record<Known['state'], [Mood, string]> = {
  loading: ['busy', 'reading'],
  live: ['good', 'live'],
  stale: ['bad', 'connection lost: last known state'],
  'logged-out': ['idle', 'logged out'],
};

function Header({ known, place, leave }: { known: Known; place: Place; leave: () => void }) {
  const [mood, word] = moods[known.state];
  const here = (pages: readonly Place['page'][]) =>
    pages.includes(place.page) ? 'page' : undefined;
  return (
    <header class="top">
      <a class="brand" href={links.fleet()}>
        Plimsoll
      </a>
      <nav aria-label="main">
        <a href={links.fleet()} aria-current={here(['fleet', 'host'])}>
          Fleet
        </a>
        <a href={links.servers()} aria-current={here(['servers', 'server'])}>
          Servers
        </a>
        <a href={links.operations()} aria-current={here(['operations', 'operation'])}>
          Operations
        </a>
        <a href={links.fits()} aria-current={here(['fits', 'fits of'])}>
          Room
        </a>
        <a href={links.audit()} aria-current={here(['audit'])}>
          Audit
        </a>
      </nav>
      <span class="now" role="status">
        <State mood={mood}>{word}</State>
      </span>
      <button type="button" class="quiet" onClick={leave}>
        Log out
      </button>
    </header>
  );
}

function Page({ known, place }: { known: Known; place: Place }) {
  switch (place.page) {
    case 'fleet':
      return <Fleet known={known} />;
    case 'servers':
      return <Servers known={known} />;
    case 'operations':
      return <Operations known={known} />;
    case 'host':
      return <HostPage known={known} name={place.id} />;
    case 'server':
      return <ServerPage known={known} uuid={place.id} />;
    case 'operation':
      return <OperationPage known={known} id={place.id} />;
    case 'audit':
      return <AuditPage />;
    case 'fits':
      return <FitsForm />;
    case 'fits of':
      return <FitsPage flavor={place.id} />;
    case 'explanation':
      return <ExplanationPage id={place.id} />;
    case 'nowhere':
      return <Empty>There is no such page. The map of the fleet is a good place to begin.</Empty>;
  }
}
