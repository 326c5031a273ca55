/**
 * What a results file was measured on, and whether that is still what is here.
 *
 * A figure is stale when the code that it measures has changed since. Comments, blank lines and layout
 * are no code, so documentation costs no benchmark; a change that can't move the figures is kept by
 * `pnpm figures keep`, with a reason that stands in the file, until the next minor version.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { projectFiles } from './files.ts';
import { readManifest } from './workspace.ts';

/** A state of the code that someone says the figures still hold for. */
export interface Kept {
  readonly code: string;
  /** The package's version then; the next minor version measures again. */
  readonly version: string;
  readonly because: string;
}

/** What a results file was measured on. */
export interface MeasuredOn {
  /** Version of the package. */
  readonly version: string;
  /** Folders and files that decide the figures: code, and recorded input where there is any. */
  readonly of: readonly string[];
  /** {@link codeHash} of them. */
  readonly code: string;
  readonly kept?: readonly Kept[];
}

/** Every results file, relative to `root`. */
export const resultsFiles = (root: string): readonly string[] =>
  readdirSync(join(root, 'interop'))
    .sort()
    .flatMap((name) => {
      const folder = `interop/${name}/bench`;
      if (!existsSync(join(root, folder))) return [];
      return readdirSync(join(root, folder))
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => `${folder}/${file}`);
    });

/** The texts of a file's tokens; layout and comments are between them. */
const tokensOf = (text: string): readonly string[] => {
  const source = ts.createSourceFile('code.ts', text, ts.ScriptTarget.Latest, false);
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode)
      return;
    const children = node.getChildren(source);
    if (children.length > 0) children.forEach(visit);
    else tokens.push(node.getText(source));
  };
  visit(source);
  return tokens;
};

/** One hash over code without comments and layout, and over recorded input as it is; pages are left out. */
export const codeHash = (root: string, of: readonly string[]): string => {
  const hash = createHash('sha256');
  const files = projectFiles(root).filter(
    (path) =>
      !path.endsWith('.md') && of.some((part) => path === part || path.startsWith(`${part}/`)),
  );
  for (const path of files) {
    const bytes = readFileSync(join(root, path));
    hash.update(`\0${path}\0`);
    hash.update(path.endsWith('.ts') ? tokensOf(bytes.toString('utf8')).join('\0') : bytes);
  }
  return hash.digest('hex').slice(0, 16);
};

/** What a benchmark of a package is about to measure. */
export const measuredOn = (root: string, name: string, of: readonly string[] = []): MeasuredOn => {
  const folder = `packages/${name}`;
  const all = [`${folder}/src`, ...of];
  return { version: readManifest(root, folder).version, of: all, code: codeHash(root, all) };
};

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** Why the figures of a file no longer hold, or null where they do. */
export const staleness = (
  root: string,
  { package: name, command, measured }: { package: string; command: string; measured: MeasuredOn },
): string | null => {
  const folder = `packages/${name.slice(name.indexOf('/') + 1)}`;
  if (!existsSync(join(root, folder))) return `it measures ${name}, which is not here`;
  const code = codeHash(root, measured.of);
  if (code === measured.code) return null;
  const version = minorOf(readManifest(root, folder).version);
  const kept = measured.kept?.find((one) => one.code === code);
  if (kept !== undefined && minorOf(kept.version) === version) return null;
  return (
    `${measured.of.join(', ')} changed since it was measured (${measured.code} is now ${code}): run ` +
    `\`${command}\`, or, where the change can't move a figure, \`pnpm figures keep\` with the reason`
  );
};
