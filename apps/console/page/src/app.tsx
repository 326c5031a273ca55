/** The frame around every route: header, the page that the address names, footer. */
import { type ReactNode, useEffect, useRef } from 'react';
import { type CatalogueState, useCatalogue } from './catalogue.ts';
import { Home } from './home.tsx';
import { LookChoice } from './look-choice.tsx';
import { Link, useRoute } from './navigation.tsx';
import { ErrorText, Notice } from './notice.tsx';
import type { Route } from './route.ts';
import { ScenarioPage } from './scenario-page.tsx';
import { DELIVERABLE } from './words.ts';

const Mark = (): ReactNode => (
  <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="var(--lq-accent)" />
    <path
      d="M7 8v12a4 4 0 0 0 8 0v-2a4 4 0 0 1 8 0v6"
      fill="none"
      stroke="var(--lq-accent-text)"
      strokeWidth="3.4"
      strokeLinecap="round"
    />
  </svg>
);

const Missing = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <div className="narrow">
    <h1 tabIndex={-1}>{title}</h1>
    <p>{children}</p>
    <p>
      <Link to="/" className="button">
        All tools
      </Link>
    </p>
  </div>
);

const Content = ({
  route,
  state,
}: {
  readonly route: Route;
  readonly state: CatalogueState;
}): ReactNode => {
  const { catalogue, failure, asking, reload } = state;
  if (catalogue === null) {
    if (failure === null) {
      return (
        <p className="loading" role="status">
          Looking up what there is to see …
        </p>
      );
    }
    return (
      <div className="narrow">
        <h1 tabIndex={-1}>The console can’t be reached</h1>
        <Notice kind="error" title="No list of tools came" spoken>
          <ErrorText error={failure.error} />
          <p>
            <button
              type="button"
              className="button"
              disabled={asking}
              onClick={() => void reload()}
            >
              Try again
            </button>
          </p>
        </Notice>
      </div>
    );
  }
  if (route.name === 'home') return <Home catalogue={catalogue} />;
  if (route.name === 'unknown') {
    return (
      <Missing title="There is no such page">
        Nothing is found at <code className="breaks">{route.path}</code>.
      </Missing>
    );
  }
  const scenario = catalogue.scenarios.find(({ id }) => id === route.id);
  if (scenario === undefined) {
    return (
      <Missing title="There is no such scenario">
        No scenario is called <code className="breaks">{route.id}</code>. It may have been renamed,
        or its app is not built.
      </Missing>
    );
  }
  return (
    <ScenarioPage
      key={scenario.id}
      scenario={scenario}
      catalogue={catalogue}
      runId={route.run}
      reload={reload}
    />
  );
};

/** What is shown, without the run: moving to another one puts the reader at its top. */
const placeOf = (route: Route): string =>
  route.name === 'scenario' ? `scenario ${route.id}` : route.name;

export const App = (): ReactNode => {
  const route = useRoute();
  const state = useCatalogue();
  const place = placeOf(route);
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    scrollTo(0, 0);
    document.querySelector('h1')?.focus({ preventScroll: true });
  }, [place]);
  useEffect(() => {
    if (route.name !== 'scenario') document.title = 'Liquid Net';
  }, [route.name]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="top">
        <div className="frame top-row">
          <Link to="/" className="brand">
            <Mark />
            <span>Liquid Net</span>
          </Link>
          <LookChoice />
        </div>
      </header>
      <main id="main" className="frame" tabIndex={-1}>
        <Content route={route} state={state} />
      </main>
      <footer className="bottom">
        <div className="frame">
          <p>
            § numbers are sections of {DELIVERABLE}, whose figures stand beside ours. Everything
            runs on this machine; the page asks nothing of any other.
          </p>
          {state.catalogue === null ? null : <p>Console {state.catalogue.version}</p>}
        </div>
      </footer>
    </>
  );
};
