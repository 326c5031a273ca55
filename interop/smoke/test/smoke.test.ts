/** Every published package, installed as a stranger would, on every supported Node. */
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../scripts/lib/run.ts';
import { bundleForBrowser } from '../stranger/bundle.ts';
import { installAll, nodes, published, root } from '../stranger/install.ts';

let app = '';
let remove = () => {};

beforeAll(async () => {
  ({ folder: app, remove } = await installAll());
});

afterAll(() => remove());

const every = published.flatMap(({ specifiers }) => specifiers);

/** Prints the exported names of each specifier, as an ES module and as CommonJS sees them. */
const PROGRAMS = {
  'probe.mjs': `const names = {};
for (const name of ${JSON.stringify(every)}) names[name] = Object.keys(await import(name)).sort();
console.log(JSON.stringify(names));
`,
  'probe.cjs': `const names = {};
for (const name of ${JSON.stringify(every)}) names[name] = Object.keys(require(name)).sort();
console.log(JSON.stringify(names));
`,
} as const;

describe.each(Object.entries(nodes))('on Node %s', (line, node) => {
  const probe = async (program: keyof typeof PROGRAMS): Promise<Record<string, string[]>> => {
    writeFileSync(join(app, program), PROGRAMS[program]);
    const { code, output, stdout } = await run(node ?? '', [program], { cwd: app });
    expect(code, output).toBe(0);
    return JSON.parse(stdout) as Record<string, string[]>;
  };

  test('every entry imports as ESM and requires as CJS, with the same exports', async (ctx) => {
    if (node === undefined) ctx.skip(`the registry has no Node ${line} for this platform`);
    const esm = await probe('probe.mjs');
    const cjs = await probe('probe.cjs');
    for (const name of every) {
      expect(esm[name]?.length, `${name} exports nothing`).toBeGreaterThan(0);
      expect(cjs[name], `${name} as CJS`).toEqual(esm[name]);
    }
  });

  test.for(published.flatMap(({ bins }) => bins))('%s --help', async (bin, ctx) => {
    if (node === undefined) ctx.skip(`the registry has no Node ${line} for this platform`);
    const { code, stdout, output } = await run(join(app, 'node_modules/.bin', bin), ['--help'], {
      cwd: app,
      env: { PATH: `${dirname(node ?? '')}${delimiter}${process.env['PATH'] ?? ''}` },
    });
    expect(code, output).toBe(0);
    expect(stdout).toContain(bin);
  });
});

describe.each([
  ['NodeNext, ES module', 'nodenext', 'nodenext', 'mts'],
  ['NodeNext, CommonJS', 'nodenext', 'nodenext', 'cts'],
  ['bundler', 'esnext', 'bundler', 'ts'],
])('type-checks as %s', (_title, module, moduleResolution, suffix) => {
  /** Compiles a program that uses each name, with the checks of a strict user's own project. */
  const check = async (
    compiler: string,
    kind: string,
    names: readonly string[],
    types: readonly string[],
  ): Promise<void> => {
    const uses = names.map(
      (name, index) =>
        `import * as m${index} from '${name}';\nexport const used${index}: object = m${index};`,
    );
    const file = `${kind}.${suffix}`;
    const config = `tsconfig.${kind}.${compiler}.${suffix}.json`;
    writeFileSync(join(app, file), `${uses.join('\n')}\n`);
    writeFileSync(
      join(app, config),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          lib: ['es2023', 'esnext.disposable', 'dom'],
          module,
          moduleResolution,
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          types,
          typeRoots: [join(root, 'interop/smoke/node_modules/@types')],
        },
        files: [file],
      }),
    );
    const { code, output } = await run(join(root, 'node_modules/.bin', compiler), ['-p', config], {
      cwd: app,
    });
    expect(code, output).toBe(0);
  };

  const portable = published.flatMap((one) => one.portable);

  test.each(['tsc', 'tsc6'])('with %s, portable entries without the types of Node', (compiler) =>
    check(compiler, 'portable', portable, []),
  );

  test.each(['tsc', 'tsc6'])('with %s, every entry', (compiler) =>
    check(compiler, 'every', every, ['node']),
  );
});

describe('bundled for a browser', () => {
  test.for(published.filter(({ portable }) => portable.length > 0))(
    '$name loads where there is no Node',
    async (one) => {
      const bundle = await bundleForBrowser(app, one);
      // The globals that browsers, Deno and Node share; no process, no Buffer, no require.
      const context = createContext({
        AbortController,
        AbortSignal,
        TextDecoder,
        TextEncoder,
        clearTimeout,
        performance,
        queueMicrotask,
        setTimeout,
      });
      runInContext(bundle, context);
      const loaded = (context as { loaded?: Record<string, string[]> }).loaded ?? {};
      for (const name of one.portable) expect(loaded[name]?.length, name).toBeGreaterThan(0);
    },
  );
});
