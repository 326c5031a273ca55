/**
 * The tools as the console lists them, and the engines whose scenarios run today: read when the site
 * is built, so that neither can say what the other does not.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type Dimension,
  dimensions,
  type ResourceKind,
  resourceKinds,
  type Trade,
} from '@liquid/types';
import type { Scenario } from '@liquid/types/scenario';
import { tools } from '../../../apps/console/src/tools.ts';

const apps = fileURLToPath(new URL('../../../apps', import.meta.url));

/** A tool or engine as the pages show it. */
export interface ToolRow {
  readonly name: string;
  readonly section: string;
  readonly idea: string;
  readonly trade: Trade;
  readonly status: string;
  readonly built: boolean;
  readonly engine: boolean;
  readonly scenarios: readonly { readonly id: string; readonly title: string }[];
}

export interface ToolData {
  readonly dimensions: readonly { readonly name: Dimension; readonly meaning: string }[];
  readonly resources: readonly { readonly name: ResourceKind; readonly meaning: string }[];
  readonly rows: readonly ToolRow[];
}

declare const data: ToolData;
export { data };

/** Scenarios of the apps that say `liquid.scenarios`, as the console finds them. */
const scenariosOf = async (): Promise<readonly Scenario[]> => {
  const found: Scenario[] = [];
  for (const name of readdirSync(apps).sort()) {
    const path = join(apps, name, 'package.json');
    if (!existsSync(path)) continue;
    const { liquid, exports } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly liquid?: { readonly scenarios?: string };
      readonly exports?: Readonly<Record<string, { readonly default?: string }>>;
    };
    const entry = liquid?.scenarios;
    if (entry === undefined) continue;
    const file = exports?.[entry]?.default ?? './dist/index.js';
    const module = (await import(pathToFileURL(join(apps, name, file)).href)) as {
      readonly scenarios: readonly Scenario[];
    };
    found.push(...module.scenarios);
  }
  return found;
};

export default {
  watch: [join(apps, 'console/src/tools.ts')],
  async load(): Promise<ToolData> {
    const scenarios = await scenariosOf();
    const of = (name: string) =>
      scenarios.filter(({ tool }) => tool === name).map(({ id, title }) => ({ id, title }));
    const names = new Set(tools.map(({ name }) => name));
    const engines = [...new Set(scenarios.map(({ tool }) => tool))]
      .filter((name) => !names.has(name))
      .flatMap((name): readonly ToolRow[] => {
        const first = scenarios.find(({ tool }) => tool === name);
        if (first === undefined) return [];
        const { section, trade } = first;
        const idea = 'an engine that tools are built on';
        const built = { status: 'built', built: true, engine: true };
        return [{ name, section, trade, idea, ...built, scenarios: of(name) }];
      });
    const rows = tools.map((tool): ToolRow => {
      const own = of(tool.name);
      const built = own.length > 0;
      const status = built ? 'built' : tool.status;
      return { ...tool, status, built, engine: false, scenarios: own };
    });
    return {
      dimensions: (Object.keys(dimensions) as Dimension[]).map((name) => ({
        name,
        meaning: dimensions[name],
      })),
      resources: (Object.keys(resourceKinds) as ResourceKind[]).map((name) => ({
        name,
        meaning: resourceKinds[name],
      })),
      rows: [...engines, ...rows],
    };
  },
};
