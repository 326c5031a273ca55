/** What the parsers of both formats share: the window, the record being filled, how reading ends. */

import { truncated } from '@liquid/types';
import {
  type CaptureError,
  type CaptureInterface,
  type CaptureSection,
  createRecordView,
  type MutableRecordView,
} from '../events.js';
import type { ResolvedReaderOptions } from '../options.js';
import { ByteWindow } from './byte-window.js';

/** Outcome of a step: see `CaptureReader.step`. */
export type CaptureStep = 'record' | 'section' | 'interface' | 'more' | 'end' | 'failed';

/** A parser of one format; it keeps its own place between steps. */
export interface FormatParser {
  readonly step: () => CaptureStep;
}

export class ParserState {
  readonly options: ResolvedReaderOptions;
  readonly window = new ByteWindow();
  readonly record: MutableRecordView = createRecordView();
  section: CaptureSection | null = null;
  interfaces: CaptureInterface[] = [];
  error: CaptureError | null = null;
  finished = false;
  records = 0;
  sections = 0;
  recordBytes = 0;
  skippedBlocks = 0;

  constructor(options: ResolvedReaderOptions) {
    this.options = options;
  }

  fail(error: CaptureError): 'failed' {
    this.error = error;
    return 'failed';
  }

  /** `count` octets of `what` aren't there: they may still come, unless the input has ended. */
  wait(what: string, count: number): 'more' | 'failed' {
    return this.finished
      ? this.fail(
          truncated({
            what,
            offset: this.window.position,
            expected: count,
            actual: this.window.unread(),
          }),
        )
      : 'more';
  }
}
