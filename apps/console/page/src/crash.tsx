/** The last resort: a part of the page that fails says so instead of leaving it blank. */
import { Component, type ReactNode } from 'react';

interface Props {
  readonly children: ReactNode;
}

/** React has no other form for this than a class. */
export class Crash extends Component<Props, { readonly message: string | null }> {
  override state: { readonly message: string | null } = { message: null };

  static getDerivedStateFromError(error: unknown): { readonly message: string } {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    if (this.state.message === null) return this.props.children;
    return (
      <main className="frame narrow">
        <h1>This page broke</h1>
        <p>
          It is a bug of the page, not of what ran: runs go on, and their results are kept. The bug
          says: <code className="breaks">{this.state.message}</code>
        </p>
        <p>
          <a className="button" href="/">
            Load it again
          </a>
        </p>
      </main>
    );
  }
}
