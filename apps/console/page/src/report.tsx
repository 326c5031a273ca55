/** What came out of a run: the sentence and the comparison first, then figures, tables and notes. */
import type { Figure, Report, Table } from '@liquid/types/scenario';
import type { ReactNode } from 'react';
import { ComparisonView } from './comparison.tsx';
import { formatNumber, titleWithUnit } from './format.ts';

const VARIES = 'differs from run to run: it depends on this machine and its load';

/** The sentence, and ours beside what was published. */
export const Headline = ({ report }: { readonly report: Report }): ReactNode => (
  <>
    <p className="summary">{report.summary}</p>
    {report.comparisons.length === 0 ? null : (
      <section className="comparisons" aria-labelledby="comparisons-title">
        <h2 id="comparisons-title">Beside what was published</h2>
        {report.comparisons.map((comparison) => (
          <ComparisonView key={comparison.id} comparison={comparison} />
        ))}
      </section>
    )}
  </>
);

const Figures = ({ figures }: { readonly figures: ReadonlyArray<Figure> }): ReactNode => (
  <section aria-labelledby="figures-title">
    <h2 id="figures-title">Figures</h2>
    <dl className="figures">
      {figures.map(({ id, title, value, unit, varies }) => (
        <div key={id}>
          <dt>
            {title}
            {varies === true ? (
              <abbr className="varies" title={VARIES}>
                varies
              </abbr>
            ) : null}
          </dt>
          <dd>
            <span className="figure-value">{formatNumber(value)}</span>
            {unit === '' ? null : <span className="figure-unit"> {unit}</span>}
          </dd>
        </div>
      ))}
    </dl>
  </section>
);

/** Rows that are drawn at once; a table may have ten thousand. */
const ROWS_SHOWN = 200;

const TableView = ({ table }: { readonly table: Table }): ReactNode => {
  const numeric = table.columns.map((_, i) => table.rows.some((row) => typeof row[i] === 'number'));
  const rows = table.rows.slice(0, ROWS_SHOWN);
  const title = `table-${table.id}`;
  return (
    <section aria-labelledby={title}>
      <h2 id={title}>
        {table.title}
        {table.varies === true ? (
          <abbr className="varies" title={VARIES}>
            varies
          </abbr>
        ) : null}
      </h2>
      {table.rows.length === 0 ? (
        <p className="muted">It has no rows.</p>
      ) : (
        <div className="table-frame" role="group" tabIndex={0} aria-labelledby={title}>
          <table>
            <thead>
              <tr>
                {table.columns.map((column, i) => (
                  <th key={column.title} scope="col" className={numeric[i] ? 'right' : undefined}>
                    {titleWithUnit(column.title, column.unit)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                // A report does not change once it is there.
                <tr key={at}>
                  {row.map((cell, i) => (
                    <td key={i} className={numeric[i] ? 'right' : undefined}>
                      {typeof cell === 'number' ? formatNumber(cell) : cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {table.rows.length > ROWS_SHOWN ? (
        <p className="muted">
          The first {ROWS_SHOWN} of {formatNumber(table.rows.length)} rows; the report as JSON has
          all.
        </p>
      ) : null}
    </section>
  );
};

/** Figures, tables, and what a careful reader must know. */
export const Details = ({ report }: { readonly report: Report }): ReactNode => (
  <>
    {report.figures.length === 0 ? null : <Figures figures={report.figures} />}
    {report.tables.map((table) => (
      <TableView key={table.id} table={table} />
    ))}
    {report.notes.length === 0 ? null : (
      <section aria-labelledby="notes-title">
        <h2 id="notes-title">Good to know</h2>
        <ul className="notes">
          {report.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </section>
    )}
  </>
);
