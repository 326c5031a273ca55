/**
 * How every package is built: the entries are read back from `exports` and `bin` of its
 * package.json, so what is published and what is built are written once.
 */
import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: string | Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** Every path that a condition of `exports` or a name of `bin` points to. */
const targets = (node: unknown): readonly string[] =>
  typeof node === 'string'
    ? [node]
    : node !== null && typeof node === 'object'
      ? Object.values(node).flatMap(targets)
      : [];

/** `./dist/pcap/index.js` is built from `src/pcap/index.ts` and keeps its place below `dist`. */
const entriesOf = (paths: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    paths
      .map((path) => /^(?:\.\/)?dist\/(.+)\.js$/.exec(path)?.[1])
      .filter((name): name is string => name !== undefined)
      .map((name) => [name, `src/${name}.ts`]),
  );

const exported = targets(manifest.exports);
const library = entriesOf(exported);
const bins = entriesOf(targets(manifest.bin));
const bothFormats = exported.some((path) => path.endsWith('.cjs'));

// `npm start` needs no declarations, and they are most of what a build costs.
const declared = process.env['LIQUID_NO_DTS'] !== '1' && Object.keys(library).length > 0;
const dts = declared ? { entry: library } : false;

const shared: Options = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  treeshake: true,
  removeNodeProtocol: false,
  splitting: true,
  // The build script empties `dist` first: two formats that clean at once would race.
  clean: false,
  silent: true,
};

const esm: Options = { ...shared, format: 'esm', entry: { ...library, ...bins }, dts };
const cjs: Options = { ...shared, format: 'cjs', entry: library, dts };

export default defineConfig(bothFormats ? [esm, cjs] : [esm]);
