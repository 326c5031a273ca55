/** The command line: `serve`, `list`, `run <scenario>`, and help that is made from what was found. */

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  type AbortSignalLike,
  decodeError,
  describeError,
  nearestNames,
  notFound,
  renderError,
  type Tagged,
} from '@liquid/types';
import { parseInput, type ProbeHost, type RunEvent, type Scenario } from '@liquid/types/scenario';
import { Command, CommanderError, Option } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { discover, type Discovery } from './discover.js';
import { optionOf, textsOf } from './flags.js';
import { listJson, probeAll, renderList } from './list.js';
import type { Output } from './output.js';
import { endWithOwner } from './owner.js';
import { EXIT, readsStdin, runScenario, type Stdin } from './run.js';
import { paint, plain, type Style } from './terminal.js';

/** What the command line may touch. */
export interface Surroundings {
  readonly output: Output;
  readonly signal: AbortSignalLike;
  readonly host: ProbeHost;
  readonly style: Style;
  /** Whether a person watches standard error. */
  readonly watched: boolean;
  readonly stdin: Stdin;
  /** Program and script that started this process, by which the server starts its runs. */
  readonly self: readonly [string, ...ReadonlyArray<string>];
  /** The folder with the built page. */
  readonly page: string;
  readonly version: string;
}

/** How people start it in this repository. */
const NAME = 'npm start --';

const LAST_PORT = 65_535;

const EXAMPLES = `
Examples:
  $ npm start                                  the console as a page, on loopback
  $ ${NAME} list
  $ ${NAME} run <scenario>
  $ ${NAME} run <scenario> --input my.pcap --json
  $ ${NAME} run <scenario> --help

Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted.`;

/** A wrong command line: the error, and that it is one of usage. */
const usageError = (message: string, remedy?: string): Tagged =>
  decodeError({ what: 'command line', message, expected: 'valid usage', actualText: '', remedy });

const jsonOption = (): Option =>
  new Option('--json', 'one JSON object on standard output, progress as NDJSON on standard error');

/** Reads a seed: any whole number that fits 64 bits. */
const parseSeed = (text: string | undefined): E.Either<Tagged, bigint> => {
  if (text === undefined) return E.right(BigInt(randomBytes(4).readUInt32BE()));
  return /^\d{1,19}$/.test(text)
    ? E.right(BigInt(text))
    : E.left(usageError(`--seed takes a whole number of at most 19 digits, got ${plain(text)}`));
};

const unknownScenario = (name: string, scenarios: ReadonlyArray<Scenario>): Tagged => {
  const ids = scenarios.map(({ id }) => id);
  const near = nearestNames(name, ids);
  const offered = near.length > 0 ? near : ids;
  return notFound({
    what: 'scenario',
    path: name,
    remedy: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `see ${NAME} list`,
    expected: offered.length === 0 ? 'none' : undefined,
  });
};

/** Where scenarios come from, and the other arguments. */
interface Sources {
  /** Modules named by `--from`. */
  readonly files: ReadonlyArray<string>;
  /** The folder named by `--apps`. */
  readonly apps: string | undefined;
  /** The arguments that name them again, for a process that is to find the same scenarios. */
  readonly named: ReadonlyArray<string>;
  readonly rest: ReadonlyArray<string>;
}

/** Takes `--from` and `--apps` out of the arguments, wherever they stand: commands depend on them. */
const takeSources = (args: ReadonlyArray<string>): Sources => {
  const rest: Array<string> = [];
  const files: Array<string> = [];
  let apps: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const [arg = '', next] = [args[i], args[i + 1]];
    const [flag = '', inline] = /^(--from|--apps)(?:=(.*))?$/su.exec(arg)?.slice(1) ?? [];
    const value = inline ?? next;
    if (flag === '' || value === undefined) {
      rest.push(arg);
      continue;
    }
    if (flag === '--from') files.push(resolve(value));
    else apps = resolve(value);
    if (inline === undefined) i++;
  }
  const named = [
    ...files.map((file) => `--from=${file}`),
    ...(apps === undefined ? [] : [`--apps=${apps}`]),
  ];
  return { files, apps, named, rest };
};

/** Runs the command line; gives the exit code. */
export const main = async (args: ReadonlyArray<string>, around: Surroundings): Promise<number> => {
  const { output, style } = around;
  const json = args.includes('--json');
  let code: number = EXIT.ok;

  const refuse = (error: Tagged): number => {
    if (json) output.out(JSON.stringify({ ok: false, error: describeError(error) }));
    else output.note(`${paint(style, 'red', 'error')}: ${renderError(error)}`);
    return EXIT.usage;
  };
  const tellProblems = ({ problems }: Discovery): void => {
    for (const problem of problems) {
      const message = renderError(problem);
      const line: RunEvent = { type: 'log', level: 'warn', message };
      if (json) output.event(JSON.stringify(line));
      else output.note(`${paint(style, 'yellow', 'warning')}: ${message}`);
    }
  };

  const list = async (found: Discovery): Promise<void> => {
    const listed = await probeAll(around.host, found.scenarios);
    if (json) {
      output.out(JSON.stringify({ ok: true, result: listJson(listed) }));
      return;
    }
    const example = found.scenarios[0]?.id ?? '<scenario>';
    const how = ['', `Run one:  ${NAME} run ${example}      More:  ${NAME} --help`];
    output.out([...renderList(style, listed), ...how].join('\n'));
  };

  const serve = async (portText: string | undefined): Promise<void> => {
    const port = portText === undefined ? 0 : /^\d{1,5}$/.test(portText) ? Number(portText) : -1;
    if (port < 0 || port > LAST_PORT) {
      code = refuse(
        usageError(`--port takes a number up to ${LAST_PORT}, got ${plain(portText ?? '')}`),
      );
      return;
    }
    // Loaded here alone: a run in the terminal needs no HTTP.
    const server = await import('./serve.js');
    const [node, ...script] = around.self;
    const program = [node, ...script, ...named] as const;
    code = await server.serve({ ...around, json, discovery: found, port, program });
  };

  const run = async (scenario: Scenario, command: Command): Promise<void> => {
    const parsed = command.opts<Record<string, unknown>>();
    const given = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
    const seed = parseSeed(parsed['seed'] as string | undefined);
    const texts = textsOf(scenario, parsed, given);
    const input = parseInput(scenario.fields)(texts);
    const controls = parsed['controls'] === true;
    if (E.isLeft(seed)) code = refuse(seed.left);
    else if (controls && readsStdin(scenario, texts)) {
      code = refuse(usageError('standard input holds either controls or a file, not both'));
    } else if (E.isLeft(input)) {
      const message = input.left.map((error) => error.message).join('; ');
      code = refuse(usageError(message, `see ${NAME} run ${scenario.id} --help`));
    } else {
      const owner = Number(parsed['owner']);
      if (Number.isSafeInteger(owner)) endWithOwner(owner);
      code = await runScenario({
        ...around,
        scenario,
        json,
        controls,
        out: parsed['out'] as string | undefined,
        seed: seed.right,
        input: scenario.input.encode(input.right),
      });
    }
  };

  const settle = (command: Command): Command =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => output.out(text.trimEnd()),
        // Told by the caller of parseAsync, in the house's one line or as JSON.
        writeErr: () => undefined,
      })
      .showSuggestionAfterError(false);

  const program = settle(new Command(NAME))
    .description('Liquid Net: runs what there is, and shows it beside the published figures.')
    .version(around.version, '-V, --version')
    .option('--from <module>', 'also offer the scenarios that this module exports (repeatable)')
    .option('--apps <folder>', 'look for apps in this folder instead of beside the console')
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);

  const { files, apps, named, rest } = takeSources(args);
  const found = await discover({ apps, files });
  tellProblems(found);

  program
    .usage('[options] [command]')
    .argument('[command]')
    .allowExcessArguments()
    .action(async (name: string | undefined) => {
      if (name === undefined) await serve(undefined);
      else {
        const near = nearestNames(name, ['list', 'run', 'serve']);
        const remedy =
          near.length > 0 ? `did you mean ${near.join(' or ')}?` : `see ${NAME} --help`;
        code = refuse(notFound({ what: 'command', path: name, remedy }));
      }
    });
  settle(program.command('list'))
    .allowExcessArguments(false)
    .description('list the tools as trades, and the scenarios that run')
    .addOption(jsonOption())
    .action(() => list(found));
  settle(program.command('serve'))
    .allowExcessArguments(false)
    .description('serve the console as a page on loopback, as npm start does')
    .addOption(new Option('--port <n>', 'the port (default 0: a free one)'))
    .addOption(jsonOption())
    .action((options: { readonly port?: string }) => serve(options.port));
  const runCommand = settle(program.command('run'))
    .description('run a scenario')
    .usage('<scenario> [options]')
    .argument('[scenario]')
    // Reached only where no scenario has that name, whatever flags come with it.
    .allowUnknownOption()
    .allowExcessArguments()
    .action((name: string | undefined) => {
      code = refuse(
        name === undefined
          ? usageError('run needs the name of a scenario', `see ${NAME} list`)
          : unknownScenario(name, found.scenarios),
      );
    });
  for (const scenario of found.scenarios) {
    const command = settle(runCommand.command(scenario.id))
      // Settings are inherited from `run`, which has to take anything.
      .allowExcessArguments(false)
      .allowUnknownOption(false)
      .description(plain(`${scenario.title}. ${scenario.summary}`))
      .summary(plain(scenario.title));
    for (const [name, field] of Object.entries(scenario.fields)) {
      command.addOption(optionOf(name, field));
    }
    command
      .addOption(new Option('--seed <n>', 'seed of all chance, to repeat a run'))
      .addOption(new Option('--out <folder>', 'write report.json, series.csv and plots here'))
      .addOption(
        new Option(
          '--controls',
          'read changes of controls from standard input as NDJSON {"name", "value"}; its end stops the run',
        ),
      )
      .addOption(new Option('--owner <pid>', 'end with this process').hideHelp())
      .addOption(jsonOption())
      .action(() => run(scenario, command));
  }

  try {
    await program.parseAsync([...rest], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    return refuse(usageError(plain(error.message.replace(/^error: /, '')), `see ${NAME} --help`));
  }
};
