/** What the page and its worker say to each other. */
import type { Looked } from './look.js';
import type { Summary } from './summary.js';

/** From the page. A job is one worker's whole life: stopping is ending the worker. */
export type Request =
  /** A file of the reader's. */
  | { readonly kind: 'file'; readonly file: Blob }
  /** A shipped capture, fetched from the page's own origin. */
  | { readonly kind: 'shipped'; readonly url: string }
  /** One packet; `step` goes from there to the nearest one of the same format. */
  | { readonly kind: 'look'; readonly n: number; readonly step: 1 | -1 | 0 };

/** From the worker. */
export type Reply =
  | { readonly kind: 'reading'; readonly octets: number }
  | { readonly kind: 'compressing'; readonly part: number }
  | { readonly kind: 'done'; readonly summary: Summary }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string }
  | { readonly kind: 'looked'; readonly looked: Looked };
