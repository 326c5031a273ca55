/** A reporter beside vitest's own: writes why each skipped test was skipped, which JSON leaves out. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** One skipped test and the note that it gave. */
export interface Skip {
  readonly file: string;
  readonly name: string;
  readonly note: string | null;
}

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const path = process.env['LIQUID_SKIPS_FILE'];
    if (path === undefined) return;
    const skips = modules.flatMap((module): Skip[] =>
      [...module.children.allTests()].flatMap((test) => {
        const result = test.result();
        return result.state === 'skipped'
          ? [{ file: module.moduleId, name: test.fullName, note: result.note ?? null }]
          : [];
      }),
    );
    writeFileSync(path, JSON.stringify(skips));
  }
}
