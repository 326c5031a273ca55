/** How the page is built: hashed assets below `dist/page`, each with its compressed forms beside it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const compressors = [
  {
    suffix: '.br',
    compress: (bytes: Uint8Array) =>
      promisify(brotliCompress)(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
  },
  {
    suffix: '.gz',
    compress: (bytes: Uint8Array) =>
      promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  },
] as const;

/** What shrinks; pictures and fonts are compressed already. */
const COMPRESSIBLE = /\.(?:html|js|css|svg|json)$/;

/** The server compresses nothing while it serves: the work is done here, once, at the best level. */
const precompressed = (folder: string): Plugin => ({
  name: 'precompressed',
  apply: 'build',
  closeBundle: async () => {
    const names = await readdir(folder, { recursive: true });
    await Promise.all(
      names
        .filter((name) => COMPRESSIBLE.test(name))
        .map(async (name) => {
          const path = join(folder, name);
          const bytes = await readFile(path);
          await Promise.all(
            compressors.map(async ({ suffix, compress }) =>
              writeFile(path + suffix, await compress(bytes)),
            ),
          );
        }),
    );
  },
});

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('page'),
  // Path routes: assets are found from any depth.
  base: '/',
  plugins: [react(), precompressed(at('dist/page'))],
  build: {
    outDir: at('dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page refuses `data:`; every asset is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  logLevel: 'warn',
});
