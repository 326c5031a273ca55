/** What a bundler makes of the portable entries for a browser. */
import { build } from 'esbuild';
import type { Published } from './install.ts';

/**
 * Bundles a program that imports every portable entry and leaves `{ specifier: exported names }` as
 * `loaded` on the global object. An import of a Node module makes esbuild fail.
 */
export const bundleForBrowser = async (
  folder: string,
  { portable }: Published,
): Promise<string> => {
  const imports = portable.map((name, index) => `import * as m${index} from '${name}';`);
  const entries = portable.map((name, index) => `'${name}': Object.keys(m${index})`);
  const { outputFiles } = await build({
    stdin: {
      contents: `${imports.join('\n')}\nglobalThis.loaded = { ${entries.join(', ')} };\n`,
      resolveDir: folder,
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
};
