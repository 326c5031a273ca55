/** What a bundler makes of the portable entries, and of the README's examples, for a browser. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { examplesOf } from '../../../scripts/config/examples.ts';
import type { Published } from './install.ts';

/** Bundles one program. An import of a Node module makes esbuild fail, with its name. */
export const bundle = async (
  folder: string,
  contents: string,
  format: 'esm' | 'iife',
): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: folder },
    bundle: true,
    platform: 'browser',
    format,
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
};

/**
 * A program that imports every portable entry and leaves `{ specifier: exported names }` as `loaded`
 * on the global object.
 */
export const bundleForBrowser = (folder: string, { portable }: Published): Promise<string> => {
  const imports = portable.map((name, index) => `import * as m${index} from '${name}';`);
  const entries = portable.map((name, index) => `'${name}': Object.keys(m${index})`);
  return bundle(
    folder,
    `${imports.join('\n')}\nObject.assign(globalThis, { loaded: { ${entries.join(', ')} } });\n`,
    'iife',
  );
};

/** The runnable examples of the package's README, each as a module for a browser. */
export const bundleExamples = (folder: string, { name }: Published): Promise<readonly string[]> => {
  const readme = readFileSync(join(folder, 'node_modules', name, 'README.md'), 'utf8');
  return Promise.all(
    examplesOf('README.md', readme, false)
      .filter(({ runs }) => runs)
      .map(({ code }) => bundle(folder, code, 'esm')),
  );
};
