/** How scripts start other programs: on the toolchain's Node, with output shown or collected. */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether the output also goes to this terminal; otherwise it is only collected. */
  readonly show?: boolean;
  /** Ends the program after so many milliseconds, as a watchdog. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly code: number;
  /** Both streams in the order of their arrival. */
  readonly output: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** Runs a program to its end. A program that can't start counts as exit code 127. */
export const run = (
  command: string,
  args: readonly string[],
  { cwd, env = {}, show = false, timeoutMs }: RunOptions,
): Promise<RunResult> =>
  new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: {
        ...process.env,
        // Tools that start `node` by name must get the one that runs this script.
        PATH: [
          join(cwd, 'node_modules/.bin'),
          dirname(process.execPath),
          process.env['PATH'] ?? '',
        ].join(delimiter),
        TURBO_TELEMETRY_DISABLED: '1',
        DO_NOT_TRACK: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    });
    let output = '';
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      stdout += chunk.toString();
      if (show) process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (show) process.stderr.write(chunk);
    });
    const end = (code: number) =>
      resolve({ code, output, stdout, seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => {
      output += `${command}: ${error.message}\n`;
      end(127);
    });
    child.on('close', (code) => end(code ?? 1));
  });
