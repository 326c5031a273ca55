/** What the workspace consists of: its folders, their manifests and their floors. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The floors from the ground up; a package imports only from floors below its own. */
export const FLOORS = ['vocabulary', 'engine', 'tool', 'app'] as const;

export type Floor = (typeof FLOORS)[number];

/** The parts of a package.json that the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  /** Our own field: where the package stands and what it may lean on beside it. */
  readonly liquid?: {
    readonly floor?: Floor;
    /** Engines below this engine, where the field itself stacks them. */
    readonly stacksOn?: readonly string[];
  };
}

export interface Workspace {
  /** The folder relative to the root, as `packages/rohc`. */
  readonly folder: string;
  readonly group: 'packages' | 'interop' | 'apps' | 'docs';
  readonly manifest: Manifest;
}

export const readManifest = (root: string, folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

const GROUPS = ['packages', 'interop', 'apps'] as const;

/** Every workspace below `root`, ground floor first, then by name. */
export const workspacesOf = (root: string): readonly Workspace[] => {
  const grouped = GROUPS.flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .sort()
          .map((name) => ({ group, folder: `${group}/${name}` }))
      : [],
  );
  return [...grouped, { group: 'docs' as const, folder: 'docs' }]
    .filter(({ folder }) => existsSync(join(root, folder, 'package.json')))
    .map(({ group, folder }) => ({ group, folder, manifest: readManifest(root, folder) }));
};

/** The packages that are published. */
export const packagesOf = (root: string): readonly Workspace[] =>
  workspacesOf(root).filter(({ group, manifest }) => group === 'packages' && !manifest.private);

/** `rohc` for `packages/rohc`. */
export const shortName = (workspace: Workspace): string =>
  workspace.folder.slice(workspace.folder.lastIndexOf('/') + 1);

/** The floor that a workspace stands on; undefined where its manifest does not say. */
export const floorOf = (workspace: Workspace): Floor | undefined =>
  workspace.group === 'packages' ? workspace.manifest.liquid?.floor : 'app';

/** The source files that `exports` publishes, as `src/pcap/index.ts`. */
export const entriesOf = (manifest: Manifest): readonly string[] => {
  const targets = (node: unknown): readonly string[] =>
    typeof node === 'string'
      ? [node]
      : node !== null && typeof node === 'object'
        ? Object.values(node).flatMap(targets)
        : [];
  const names = targets(manifest.exports)
    .map((path) => /^\.\/dist\/(.+)\.js$/.exec(path)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].map((name) => `src/${name}.ts`);
};

/** The entries that run without Node, as in a browser: those that tsconfig.portable.json checks. */
export const portableEntriesOf = (root: string, folder: string): readonly string[] => {
  const path = join(root, folder, 'tsconfig.portable.json');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { readonly files: readonly string[] }).files
    : [];
};

/** The name under which `exports` publishes a source file: `@liquid/rohc/pcap`. */
export const specifierOf = (manifest: Manifest, source: string): string => {
  const built = source.replace(/^src/, './dist').replace(/\.ts$/, '.js');
  const subpath = Object.entries(manifest.exports ?? {}).find(([, target]) =>
    JSON.stringify(target).includes(JSON.stringify(built)),
  )?.[0];
  return `${manifest.name}${(subpath ?? '.').slice(1)}`;
};
