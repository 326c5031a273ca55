/** Moves between the routes without loading the page again; back and forward work as everywhere. */
import { type ReactNode, useSyncExternalStore } from 'react';
import { type Route, routeOf } from './route.ts';

const MOVED = 'lq-moved';

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('popstate', listener);
  addEventListener(MOVED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(MOVED, listener);
  };
};

const addressNow = (): string => location.pathname + location.search;

/** The route that is shown now. */
export const useRoute = (): Route => {
  useSyncExternalStore(subscribe, addressNow);
  return routeOf(location.pathname, location.search);
};

/** Shows another route; `replace` leaves no step to go back to. */
export const go = (path: string, how: 'push' | 'replace' = 'push'): void => {
  if (how === 'push') history.pushState(null, '', path);
  else history.replaceState(null, '', path);
  dispatchEvent(new Event(MOVED));
};

interface LinkProps {
  readonly to: string;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

/** A link to a route; with a modifier key the browser opens a tab, as with any link. */
export const Link = ({ to, className, current, children }: LinkProps): ReactNode => (
  <a
    href={to}
    className={className}
    aria-current={current === true ? 'true' : undefined}
    onClick={(event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
        return;
      }
      event.preventDefault();
      go(to);
    }}
  >
    {children}
  </a>
);
