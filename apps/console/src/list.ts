/** What there is: the tools as trades by dimension, and what of it runs here. */

import { type Dimension, dimensions, printTrade, type Trade } from '@liquid/types';
import { type ProbeHost, probeNeeds, type Scenario } from '@liquid/types/scenario';
import * as E from 'fp-ts/lib/Either.js';
import type { Catalogue } from './api.js';
import { flagOf } from './flags.js';
import { padEnd, paint, plain, type Style } from './terminal.js';
import { type Tool, tools } from './tools.js';

/** A scenario as listed: its description, and what this machine lacks for it. */
export interface Listed {
  readonly scenario: Scenario;
  /** Names and remedies of needs that are not met. */
  readonly missing: ReadonlyArray<{ readonly name: string; readonly remedy: string }>;
}

/** Probes every scenario's needs. */
export const probeAll = (
  host: ProbeHost,
  scenarios: ReadonlyArray<Scenario>,
): Promise<ReadonlyArray<Listed>> =>
  Promise.all(
    scenarios.map(async (scenario) => {
      const probed = await Promise.all(
        scenario.needs.map(async (need) => {
          const met = await probeNeeds(host)([need])();
          return E.isLeft(met) ? [{ name: need.name, remedy: need.remedy }] : [];
        }),
      );
      return { scenario, missing: probed.flat() };
    }),
  );

/** What is shown under one dimension: a tool of the deliverable, or a package that shows itself. */
interface Row {
  readonly name: string;
  readonly section: string;
  readonly idea: string;
  readonly trade: Trade;
  readonly status: string;
  readonly scenarios: ReadonlyArray<Listed>;
}

const rowOf = (tool: Tool, listed: ReadonlyArray<Listed>): Row => {
  const scenarios = listed.filter(({ scenario }) => scenario.tool === tool.name);
  return { ...tool, scenarios, status: scenarios.length > 0 ? 'built' : tool.status };
};

/** Packages with scenarios that are no tool of the deliverable: engines, which tools are built on. */
const engineRows = (listed: ReadonlyArray<Listed>): ReadonlyArray<Row> => {
  const names = new Set(tools.map(({ name }) => name));
  const engines = new Map<string, Array<Listed>>();
  for (const item of listed) {
    const { tool } = item.scenario;
    if (!names.has(tool)) engines.set(tool, [...(engines.get(tool) ?? []), item]);
  }
  return [...engines].flatMap(([name, scenarios]) => {
    const first = scenarios[0]?.scenario;
    if (first === undefined) return [];
    const { section, trade } = first;
    return [
      {
        name,
        section,
        trade,
        idea: 'an engine that tools are built on',
        status: 'built',
        scenarios,
      },
    ];
  });
};

const rowsOf = (listed: ReadonlyArray<Listed>): ReadonlyArray<Row> => [
  ...engineRows(listed),
  ...tools.map((tool) => rowOf(tool, listed)),
];

const scenarioLines = (style: Style, { scenario, missing }: Listed): ReadonlyArray<string> => [
  `      ${paint(style, 'green', '▶')} ${paint(style, 'bold', scenario.id)}  ${plain(scenario.title)}`,
  ...missing.map(({ name, remedy }) =>
    paint(style, 'yellow', `        needs ${plain(name)}: ${plain(remedy)}`),
  ),
];

const rowLines = (style: Style, width: number, row: Row): ReadonlyArray<string> => {
  const built = row.status === 'built';
  const name = padEnd(plain(row.name), width);
  const status = paint(style, built ? 'green' : 'dim', plain(row.status));
  return [
    `  ${built ? paint(style, 'bold', name) : name}  ${plain(printTrade(row.trade))}`,
    `      §${plain(row.section)} ${plain(row.idea)} · ${status}`,
    ...row.scenarios.flatMap((listed) => scenarioLines(style, listed)),
  ];
};

/** The list as text. */
export const renderList = (style: Style, listed: ReadonlyArray<Listed>): ReadonlyArray<string> => {
  const rows = rowsOf(listed);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const names = Object.keys(dimensions) as ReadonlyArray<Dimension>;
  return [
    'Liquid Net: tools as trades, what is spent → what is gained.',
    ...names.flatMap((dimension) => [
      '',
      `${paint(style, 'bold', dimension)}: ${dimensions[dimension]}`,
      ...rows
        .filter(({ trade }) => trade.dimension === dimension)
        .flatMap((row) => rowLines(style, width, row)),
    ]),
  ];
};

/** Tools and scenarios as plain JSON. */
export const listedOf = (
  listed: ReadonlyArray<Listed>,
): Pick<Catalogue, 'tools' | 'scenarios'> => ({
  tools: rowsOf(listed).map(({ name, section, idea, trade, status, scenarios }) => ({
    name,
    section,
    idea,
    trade,
    status,
    scenarios: scenarios.map(({ scenario }) => scenario.id),
  })),
  scenarios: listed.map(({ scenario, missing }) => ({
    id: scenario.id,
    title: scenario.title,
    summary: scenario.summary,
    tool: scenario.tool,
    section: scenario.section,
    trade: scenario.trade,
    needs: scenario.needs.map(({ kind, name, remedy }) => ({
      kind,
      name,
      remedy,
      met: !missing.some((other) => other.name === name),
    })),
    series: scenario.series,
    inputs: Object.entries(scenario.fields).map(([name, field]) => ({
      name,
      flag: flagOf(name),
      kind: field.kind,
      title: field.title,
      description: field.description,
      default: field.toJson(field.default) ?? null,
      unit: field.unit ?? null,
      min: field.min ?? null,
      max: field.max ?? null,
      choices: field.choices ?? null,
      accepts: field.accepts ?? null,
      control: scenario.controls?.includes(name) === true,
    })),
  })),
});

/** The list as `list --json` prints it. */
export const listJson = (listed: ReadonlyArray<Listed>): unknown => {
  const { tools: rows, scenarios } = listedOf(listed);
  return {
    tools: rows,
    scenarios: scenarios.map((scenario) => ({
      ...scenario,
      inputs: scenario.inputs.map((input) => {
        const { control: _, ...rest } = input;
        return rest;
      }),
    })),
  };
};
