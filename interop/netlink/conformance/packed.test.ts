/** The package as it is published: unpacked beside its dependencies, as ES module and as CommonJS. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../../scripts/lib/pack.ts';
import { run } from '../../../scripts/lib/run.ts';
import { packagesOf } from '../../../scripts/lib/workspace.ts';
import { program } from './program.js';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const ADDON = `prebuilt/linux-${process.arch}-glibc/netlink.node`;
const hasAddon = existsSync(join(root, 'packages/netlink', ADDON));

const BODY = `opened.then((result) => {
  console.log(JSON.stringify(result._tag === 'Right' ? { transport: result.right.transport } : result.left));
  return result._tag === 'Right' ? result.right.stop() : undefined;
});
`;

let folder = '';
const modules = (): string => join(folder, 'node_modules');
const installed = (): string => join(modules(), '@liquid/netlink');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'liquid-packed-'));
  for (const workspace of packagesOf(root)) {
    const { name } = workspace.manifest;
    if (name !== '@liquid/netlink' && name !== '@liquid/types') continue;
    const tarball = await pack(root, workspace, join(folder, 'tarballs'));
    const target = join(modules(), name);
    mkdirSync(target, { recursive: true });
    const { code, output } = await run(
      'tar',
      ['-xzf', tarball, '-C', target, '--strip-components=1'],
      { cwd: folder },
    );
    expect(code, output).toBe(0);
  }
  for (const name of ['fp-ts', 'io-ts', 'koffi']) {
    const from = join(root, 'packages/netlink/node_modules', name);
    if (existsSync(from)) symlinkSync(realpathSync(from), join(modules(), name));
  }
  writeFileSync(
    join(folder, 'esm.mjs'),
    `import { openNetlink } from '@liquid/netlink';\nconst opened = openNetlink({ protocol: 16 })();\n${BODY}`,
  );
  writeFileSync(
    join(folder, 'cjs.cjs'),
    `const { openNetlink } = require('@liquid/netlink');\nconst opened = openNetlink({ protocol: 16 })();\n${BODY}`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['esm.mjs', 'cjs.cjs'])('%s', (file) => {
  const ran = (env: Readonly<Record<string, string>> = {}) =>
    program(file, [], { script: join(folder, file), env });

  test('the addon of the tarball serves', async (ctx) => {
    if (!hasAddon) ctx.skip('the addon is not built here');
    const { report, stderr } = await ran();
    expect(report).toEqual({ transport: 'addon' });
    expect(stderr).toBe('');
  });

  test('without the addon koffi serves and a warning says so once', async () => {
    const { report, stderr } = await without(join(installed(), ADDON), ran);
    expect(report).toEqual({ transport: 'koffi' });
    expect(stderr.match(/LIQUID_NETLINK_KOFFI/g)).toHaveLength(1);
  });

  test('with neither it is Unsupported, with what would mend it', async () => {
    const { report } = await without(join(installed(), ADDON), () =>
      without(join(modules(), 'koffi'), ran),
    );
    expect(report).toMatchObject({ _tag: 'Unsupported', cause: { _tag: 'Unsupported' } });
    expect((report as { readonly remedy: string }).remedy).toContain('npm install koffi');
  });
});

/** Runs something while a file or link is out of the way. */
const without = async <A>(path: string, body: () => Promise<A>): Promise<A> => {
  const aside = join(dirname(path), 'aside');
  const there = existsSync(path);
  if (there) renameSync(path, aside);
  try {
    return await body();
  } finally {
    if (there) renameSync(aside, path);
  }
};
