/** Every results file of the project, formatted once for all pages that show figures of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatFigure, type Measured, type Results } from '../../../scripts/lib/results.ts';
import { resultsFiles } from '../../../scripts/lib/measured.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A measured side as text. */
export interface ShownMeasure {
  readonly median: string;
  readonly min: string;
  readonly max: string;
}

export interface ShownRow {
  readonly id: string;
  readonly case: string;
  readonly unit: string;
  readonly ours: ShownMeasure;
  readonly peer: (ShownMeasure & { readonly name: string }) | null;
  readonly ratio: string | null;
}

export interface ShownResults {
  readonly file: string;
  readonly package: string;
  /** The command that writes the file anew. */
  readonly command: string;
  /** Whether the numbers are counted, so that they come out the same each time, and not timed. */
  readonly counted: boolean;
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  /** Why the figures still hold although the code has changed since; the latest reason. */
  readonly kept: string | null;
  readonly rows: readonly ShownRow[];
}

declare const data: Readonly<Record<string, ShownResults>>;
export { data };

const shown = ({ median, min, max }: Measured): ShownMeasure => ({
  median: formatFigure(median),
  min: formatFigure(min),
  max: formatFigure(max),
});

export default {
  watch: [join(root, 'interop/*/bench/*.json')],
  load: (): Readonly<Record<string, ShownResults>> =>
    Object.fromEntries(
      resultsFiles(root).map((file) => {
        const results = JSON.parse(readFileSync(join(root, file), 'utf8')) as Results;
        return [
          file,
          {
            file,
            package: results.package,
            command: results.command,
            counted: results.rows.every(({ ours }) => ours.rounds === 1),
            date: results.date.slice(0, 10),
            node: results.node.replace(/^v/, ''),
            cpu: results.cpu,
            kept: results.measured.kept?.at(-1)?.because ?? null,
            rows: results.rows.map((row) => ({
              id: row.id,
              case: row.case,
              unit: row.unit,
              ours: shown(row.ours),
              peer:
                row.peer === null
                  ? null
                  : { name: `${row.peer.name} ${row.peer.version}`.trim(), ...shown(row.peer) },
              ratio: row.ratio === null ? null : formatFigure(row.ratio),
            })),
          },
        ];
      }),
    ),
};
