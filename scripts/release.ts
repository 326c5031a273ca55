/**
 * `pnpm release --dry-run`: in a copy of the tree, applies the changesets, builds, packs and smokes,
 * and prints what would be published. Without `--dry-run` it publishes what the changesets versioned.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectFiles } from './lib/files.ts';
import { pack } from './lib/pack.ts';
import { run } from './lib/run.ts';
import { packagesOf, readManifest } from './lib/workspace.ts';

const root = process.cwd();
const dry = process.argv.includes('--dry-run');

/** Runs one step with its output shown; a failure ends the release. */
const must = async (
  what: string,
  cwd: string,
  command: string,
  args: readonly string[],
): Promise<string> => {
  process.stdout.write(`${what} …\n`);
  // A tarball without its native part would still work, only slower: nobody would notice.
  const env = { CI: 'true', LIQUID_NATIVE: 'required' };
  const { code, output } = await run(command, args, { cwd, env });
  if (code !== 0) throw new Error(`${what} failed:\n${output}`);
  return output;
};

const rehearse = async (copy: string): Promise<void> => {
  for (const path of projectFiles(root)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
  await must('Installing a copy', copy, 'pnpm', [
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
  ]);
  // Changesets asks git for its base; a copy has a history of its own.
  await must('Committing the copy', copy, 'git', ['init', '-q', '-b', 'main']);
  await must('Committing the copy', copy, 'git', ['add', '--all']);
  await must('Committing the copy', copy, 'git', [
    ...['-c', 'user.name=release', '-c', 'user.email=release@localhost'],
    ...['commit', '-q', '-m', 'rehearsal'],
  ]);
  await must('Versioning', copy, join(copy, 'node_modules/.bin/changeset'), ['version']);
  await must('Installing again', copy, 'pnpm', [
    'install',
    '--no-frozen-lockfile',
    '--prefer-offline',
  ]);
  const smoked = await must('Building and smoking', copy, process.execPath, [
    'scripts/test.ts',
    'interop/smoke',
  ]);
  process.stdout.write(`${smoked.trim().split('\n').at(-1) ?? ''}\n\nWould be published:\n`);
  for (const workspace of packagesOf(copy)) {
    const before = readManifest(root, workspace.folder);
    const tarball = await pack(copy, workspace, join(copy, 'tarballs'));
    const listed = await must(`  ${workspace.manifest.name}`, copy, 'tar', ['-tzf', tarball]);
    const bytes = statSync(tarball).size.toLocaleString('en-US');
    process.stdout.write(
      `  ${before.version} → ${workspace.manifest.version}, ${bytes} bytes packed\n` +
        `${listed
          .trim()
          .split('\n')
          .map((path) => `    ${path}`)
          .join('\n')}\n`,
    );
  }
};

if (dry) {
  const copy = mkdtempSync(join(tmpdir(), 'liquid-release-'));
  try {
    await rehearse(copy);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
} else {
  const unversioned = packagesOf(root).filter(({ manifest }) => manifest.version === '0.0.0');
  if (unversioned.length > 0) {
    process.stderr.write('Run `pnpm changeset version`, commit, then release; or try --dry-run.\n');
    process.exit(2);
  }
  await must('Checking', root, process.execPath, ['scripts/check.ts']);
  await must('Smoking', root, process.execPath, ['scripts/test.ts', 'interop/smoke']);
  process.stdout.write(
    await must('Publishing', root, join(root, 'node_modules/.bin/changeset'), ['publish']),
  );
}
