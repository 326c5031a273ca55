/** Runs one of the programs in a process of its own and reads what it reports. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last line of stdout as JSON; undefined where it said nothing. */
  readonly report: unknown;
  readonly stderr: string;
}

export const program = (
  name: string,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly flags?: readonly string[];
    readonly timeoutMs?: number;
    readonly script?: string;
    /** Command before Node, as `ip netns exec …`. */
    readonly within?: readonly string[];
  } = {},
): Promise<Ran> =>
  new Promise((resolve) => {
    const script =
      options.script ?? fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));
    const [command = '', ...rest] = [
      ...(options.within ?? []),
      process.execPath,
      ...(options.flags ?? []),
      script,
      ...args,
    ];
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      // Whatever vitest asked of its own process is not the program's.
      env: { PATH: process.env['PATH'], ...options.env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code, signal) => {
      const last = stdout.trim().split('\n').at(-1) ?? '';
      resolve({ code, signal, stderr, report: last === '' ? undefined : JSON.parse(last) });
    });
  });
