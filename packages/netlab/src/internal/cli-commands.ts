/** The commands of `netlab`: up, plan, sweep, doctor. */

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Command, CommanderError, Option } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { aborted, attemptTask, decodeJson, io, type Tagged } from '@liquid/types';
import { NetworkDescription } from '../description.js';
import { diagnose, type Finding } from '../doctor.js';
import { type Netlab, openNetlab } from '../netlab.js';
import { planNetwork } from '../plan.js';
import { sweep, type SweepReport } from '../sweep.js';
import {
  type CliStreams,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_OK,
  EXIT_USAGE,
  failWith,
  progress,
  succeed,
} from './cli-output.js';

interface JsonOption {
  readonly json?: boolean;
}

const readDescription = async (
  file: string,
  streams: CliStreams,
): Promise<E.Either<Tagged, NetworkDescription>> => {
  const what = file === '-' ? 'stdin' : file;
  const text = await attemptTask('reading', () =>
    file === '-' ? streams.readInput() : readFile(file, 'utf8'),
  )();
  if (E.isRight(text)) return decodeJson(NetworkDescription, { what })(text.right);
  const { message } = text.left;
  return E.left(
    message.includes(what) ? text.left : { ...text.left, message: `${what}: ${message}` },
  );
};

/** As an environment variable: letters, digits and underscores. */
const variable = (node: string): string => `NETLAB_${node.toUpperCase().replaceAll('-', '_')}`;

/**
 * The environment of a command: `NETLAB_<NODE>` is the namespace of each host and switch, for
 * `ip netns exec "$NETLAB_CLIENT" …`.
 */
const namespacesAsEnvironment = (lab: Netlab): Record<string, string> =>
  Object.fromEntries(lab.plan.nodes.map(({ node, namespace }) => [variable(node), namespace]));

const runInLab = (
  lab: Netlab,
  argv: ReadonlyArray<string>,
  host: string | undefined,
  signal: AbortSignal,
): Promise<E.Either<Tagged, number>> => {
  const namespace = host === undefined ? undefined : lab.namespaceOf(host);
  if (namespace !== undefined && E.isLeft(namespace)) return Promise.resolve(namespace);
  const inside = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace.right];
  const [program = '', ...args] = [...inside, ...argv];
  return new Promise((resolve) => {
    const env = { ...process.env, NETLAB_ID: lab.id, ...namespacesAsEnvironment(lab) };
    // In our own group, so that a Ctrl-C of the terminal reaches it too, and a shell can read keys.
    const child = spawn(program, args, { stdio: 'inherit', env });
    const onAbort = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (caught: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', onAbort);
      resolve(E.left(io({ message: `${program}: ${caught.message}`, code: caught.code })));
    });
    child.once('exit', (code, killed) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) resolve(E.left(aborted({ what: argv.join(' ') })));
      else if (killed !== null)
        resolve(E.left(io({ message: `${program} was ended by ${killed}` })));
      else resolve(E.right(code ?? EXIT_FAILED));
    });
  });
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    // An open lab holds no handle of its own; without one the process would end here.
    const hold = setInterval(() => undefined, 2 ** 30);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(hold);
        resolve();
      },
      { once: true },
    );
  });

const renderLab = (lab: Netlab): string => {
  const rows = lab.plan.nodes.map(({ node, kind, namespace }) => {
    const devices = lab.plan.devices
      .filter((device) => device.node === node)
      .map(({ device, addresses, peer }) =>
        [`${device} → ${peer.node} ${peer.device}`, ...addresses].join(' '),
      );
    return `${kind} ${node}\tip netns exec ${namespace} …\n${devices.map((line) => `  ${line}\n`).join('')}`;
  });
  return rows.join('');
};

interface UpOptions extends JsonOption {
  readonly host?: string;
}

const up = async (
  file: string,
  argv: ReadonlyArray<string>,
  options: UpOptions,
  streams: CliStreams,
): Promise<number> => {
  const json = options.json === true;
  const description = await readDescription(file, streams);
  if (E.isLeft(description)) return failWith(streams, json, description.left);
  const lab = await openNetlab(description.right, {
    signal: streams.signal,
    onStep: (step, index, count) =>
      progress(
        streams,
        json,
        { step: index + 1, of: count, argv: step.argv },
        `${index + 1}/${count} ${step.argv.join(' ')}`,
      ),
  })();
  if (E.isLeft(lab)) return failWith(streams, json, lab.left);
  const { id, plan } = lab.right;
  const { nodes } = plan;
  if (argv.length > 0) {
    const ran = await runInLab(lab.right, argv, options.host, streams.signal);
    const stopped = await lab.right.stop();
    if (E.isLeft(ran)) return failWith(streams, json, ran.left);
    if (E.isLeft(stopped) && !streams.signal.aborted) return failWith(streams, json, stopped.left);
    if (json) succeed(streams, json, { id, nodes, exitCode: ran.right }, () => '');
    return ran.right;
  }
  const shown = renderLab(lab.right);
  if (json) progress(streams, json, { up: id, nodes }, '');
  else streams.stdout.write(`${shown}Ctrl-C takes it away.\n`);
  await untilAborted(streams.signal);
  const stopped = await lab.right.stop();
  if (E.isLeft(stopped)) return failWith(streams, json, stopped.left);
  if (json) succeed(streams, json, { id, nodes }, () => '');
  return EXIT_INTERRUPTED;
};

const plan = async (file: string, options: JsonOption, streams: CliStreams): Promise<number> => {
  const json = options.json === true;
  const description = await readDescription(file, streams);
  const planned = E.isLeft(description) ? description : planNetwork(description.right, 'lq');
  if (E.isLeft(planned)) return failWith(streams, json, planned.left);
  succeed(streams, json, planned.right, ({ steps }) =>
    steps.map(({ argv }) => argv.join(' ')).join('\n'),
  );
  return EXIT_OK;
};

const renderSweep = ({ namespaces, processes, files, alive, foreign }: SweepReport): string => {
  const left = alive.length + foreign.length;
  const removed = [...namespaces, ...processes.map((pid) => `process ${pid}`), ...files];
  const summary = `removed ${namespaces.length} namespaces, ${processes.length} processes, ${files.length} files; left ${left} namespaces to their owners`;
  return [...removed, summary].join('\n');
};

const sweepCommand = async (options: JsonOption, streams: CliStreams): Promise<number> => {
  const json = options.json === true;
  const swept = await sweep();
  if (E.isLeft(swept)) return failWith(streams, json, swept.left);
  const [failure] = swept.right.failures;
  if (failure !== undefined) return failWith(streams, json, failure);
  succeed(streams, json, swept.right, renderSweep);
  return EXIT_OK;
};

const renderFinding = ({ name, ok, optional, message, remedy }: Finding): string => {
  const mark = ok ? 'yes' : optional ? 'no' : 'NO';
  return `${mark.padEnd(4)}${name}: ${message}${remedy === undefined ? '' : ` – ${remedy}`}`;
};

const doctor = async (options: JsonOption, streams: CliStreams): Promise<number> => {
  const diagnosis = await diagnose();
  const json = options.json === true;
  if (json) {
    streams.stdout.write(`${JSON.stringify({ ok: diagnosis.ok, result: diagnosis })}\n`);
  } else streams.stdout.write(`${diagnosis.findings.map(renderFinding).join('\n')}\n`);
  return diagnosis.ok ? EXIT_OK : EXIT_FAILED;
};

const EXAMPLES = `
Examples:
  netlab up dumbbell.json                      make it, show it, hold it until Ctrl-C
  netlab up dumbbell.json --host client -- ping -c 3 10.0.0.2
  netlab up dumbbell.json -- sh -c 'ip netns exec "$NETLAB_CLIENT" iperf3 -c 10.0.0.2'
  netlab plan dumbbell.json                    only print the commands
  netlab sweep                                 remove what killed owners left
  netlab doctor                                what this machine can do

Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted; of "up … -- command" the command's own.`;

/** Runs the command line; gives its exit code. */
export const runCli = async (
  argv: ReadonlyArray<string>,
  version: string,
  streams: CliStreams,
): Promise<number> => {
  let exitCode = EXIT_OK;
  const program = new Command('netlab')
    .description('Throw-away Linux networks from a JSON description.')
    .version(version)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    });
  const json = (): Option => new Option('--json', 'one JSON object on stdout, progress on stderr');
  program
    .command('up')
    .description('make a network; with a command, run it and take the network away')
    .argument('<description>', 'JSON file, - for stdin')
    .argument('[command...]', 'after --')
    .option('--host <name>', 'run the command on this host, not outside')
    .addOption(json())
    .action(async (file: string, command: string[], options: UpOptions) => {
      exitCode = await up(file, command, options, streams);
    });
  program
    .command('plan')
    .description('print the commands that would make a network')
    .argument('<description>', 'JSON file, - for stdin')
    .addOption(json())
    .action(async (file: string, options: JsonOption) => {
      exitCode = await plan(file, options, streams);
    });
  program
    .command('sweep')
    .description('remove what killed owners left; living owners are not touched')
    .addOption(json())
    .action(async (options: JsonOption) => {
      exitCode = await sweepCommand(options, streams);
    });
  program
    .command('doctor')
    .description('find out what this machine can do')
    .addOption(json())
    .action(async (options: JsonOption) => {
      exitCode = await doctor(options, streams);
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (caught) {
    if (caught instanceof CommanderError) return caught.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    throw caught;
  }
};
