/** The commands of `mptcp-pm` and their help. */

import type { Tagged } from '@liquid/types';
import { Command, CommanderError } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import type { PathManagerOptions } from '../path-manager.js';
import { policiesFromJson } from '../policies.js';
import type { AnyPolicy } from '../policy.js';
import { type Config, NO_CONFIG, readConfig } from './config.js';
import { listen } from './listen.js';
import { doctor, list, run } from './manage.js';
import { POLICY_NAMES, policyHelp, policyJson } from './policies.js';
import { openRecording, replay } from './recording.js';
import { type CliProcess, EXIT_OK, EXIT_USAGE, Session, usage } from './session.js';
import { events, type Place, single } from './single.js';
import { VERBS } from './verbs.js';

interface Raw {
  readonly json?: boolean;
  readonly netns?: string;
  readonly lines?: boolean;
  readonly policy?: ReadonlyArray<string>;
  readonly config?: string;
  readonly poll?: string;
  readonly for?: string;
  readonly record?: string;
}

const EXIT_CODES = 'Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted.';

const examples = (...lines: ReadonlyArray<string>): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n\n${EXIT_CODES}`;

const placeOf = ({ netns }: Raw): Place => (netns === undefined ? {} : { namespace: netns });

const positive = (what: string, text: string | undefined): E.Either<Tagged, number | undefined> => {
  if (text === undefined) return E.right(undefined);
  const value = Number(text);
  return Number.isFinite(value) && value > 0
    ? E.right(value)
    : E.left(usage(`${what}: expected a number above 0, got ${text}`));
};

interface Managing {
  readonly config: Config;
  readonly policies: ReadonlyArray<AnyPolicy>;
  readonly options: PathManagerOptions;
  readonly forMs?: number;
}

/** The options of a manager from those of the command line. */
const managing = async (raw: Raw): Promise<E.Either<Tagged, Managing>> => {
  const pollMs = positive('--poll', raw.poll);
  const seconds = positive('--for', raw.for);
  if (E.isLeft(pollMs)) return pollMs;
  if (E.isLeft(seconds)) return seconds;
  const file = raw.config === undefined ? E.right(NO_CONFIG) : await readConfig(raw.config);
  if (E.isLeft(file)) return file;
  const forms: Array<unknown> = [...file.right.policies];
  for (const text of raw.policy ?? []) {
    const form = policyJson(text);
    if (E.isLeft(form)) return form;
    // A mistake on the command line, not one in a file.
    const checked = policiesFromJson([form.right]);
    if (E.isLeft(checked)) return E.left(usage(checked.left.message));
    forms.push(form.right);
  }
  const policies = policiesFromJson(forms);
  if (E.isLeft(policies)) return policies;
  const config = {
    policies: forms,
    pollMs: pollMs.right ?? file.right.pollMs,
    estimate: file.right.estimate,
  };
  return E.right({
    config,
    policies: policies.right,
    options: {
      ...placeOf(raw),
      policies: policies.right,
      pollMs: config.pollMs,
      estimate: config.estimate,
    },
    ...(seconds.right === undefined ? {} : { forMs: seconds.right * 1000 }),
  });
};

const runCommand = async (session: Session, raw: Raw, needed: boolean): Promise<number> => {
  const read = await managing(raw);
  if (E.isLeft(read)) return session.fail(read.left);
  const { config, policies, options, forMs } = read.right;
  if (needed && policies.length === 0) {
    return session.fail(usage(`no policy: --policy with one of ${POLICY_NAMES.join(', ')}`));
  }
  const lines = raw.lines === true;
  const common = { ...options, lines, ...(forMs === undefined ? {} : { forMs }) };
  if (raw.record === undefined) return run(session, common);
  const recording = await openRecording(raw.record, config);
  if (E.isLeft(recording)) return session.fail(recording.left);
  return run(session, { ...common, ...recording.right });
};

/** Runs the command line; gives its exit code. */
export const runCli = async (
  argv: ReadonlyArray<string>,
  version: string,
  process: CliProcess,
): Promise<number> => {
  let exitCode = EXIT_OK;
  const perform = async (
    raw: Raw,
    command: (session: Session) => Promise<number>,
  ): Promise<void> => {
    exitCode = await command(new Session(process, raw.json === true));
  };
  const mistakes: string[] = [];
  const program = new Command('mptcp-pm')
    .description('Path management of Multipath TCP: which subflows connections have, and when.')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void mistakes.push(text),
      outputError: (text) => void mistakes.push(text),
    })
    .addHelpText(
      'after',
      examples(
        'mptcp-pm doctor                                   what is in the way here',
        'mptcp-pm list                                     connections and their subflows',
        'mptcp-pm monitor                                  what happens to them',
        'mptcp-pm run --policy full-mesh --policy max-rtt:maxMs=200',
        'mptcp-pm run --config paths.json --record night.ndjson',
        'mptcp-pm csf lip 10.0.1.1 lid 1 rip 10.0.0.2 rport 80 token 823274047',
      ),
    );
  const commandOf = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--netns <name>', 'in this network namespace: its name, or the path of its file')
      .option('--json', 'one JSON object on stdout, progress on stderr')
      .exitOverride();
  const withRun = (command: Command): Command =>
    command
      .option('--lines', 'each event as a JSON object on a line of stdout')
      .option('--poll <ms>', 'milliseconds between polls; 300 unless given')
      .option('--for <seconds>', 'end by itself');
  const withPolicies = (command: Command): Command =>
    withRun(command)
      .option(
        '--policy <name[:option=value,…]>',
        `one of ${POLICY_NAMES.join(', ')}; the first has the most weight`,
        (text: string, before: ReadonlyArray<string> = []) => [...before, text],
      )
      .option('--config <file>', 'policies and options as JSON');

  withRun(
    commandOf(
      'monitor',
      'tell what happens to connections; polling alone takes no rights from Linux 6.15 on',
    ),
  )
    .addHelpText('after', examples('mptcp-pm monitor', 'mptcp-pm monitor --lines | jq ._tag'))
    .action((raw: Raw) => perform(raw, (session) => runCommand(session, raw, false)));
  commandOf('list', 'show connections and their subflows; takes no rights from Linux 6.15 on')
    .addHelpText('after', examples('mptcp-pm list', 'mptcp-pm list --netns blue --json'))
    .action((raw: Raw) => perform(raw, (session) => list(session, placeOf(raw))));
  withPolicies(commandOf('run', 'manage paths by policies'))
    .option('--record <file>', 'write all inputs and commands, for replay')
    .addHelpText(
      'after',
      examples(
        'mptcp-pm run --policy full-mesh',
        'mptcp-pm run --policy reset-reaction --policy max-rtt:maxMs=200,action=backup',
        'mptcp-pm run --config paths.json --for 60 --json',
      ),
    )
    .addHelpText('after', `\nPolicies:\n${policyHelp()}`)
    .action((raw: Raw) => perform(raw, (session) => runCommand(session, raw, true)));
  withPolicies(commandOf('record', 'write all inputs and commands into a file, for replay'))
    .argument('<file>', 'to write')
    .addHelpText('after', examples('mptcp-pm record day.ndjson --policy full-mesh --for 3600'))
    .action((file: string, raw: Raw) =>
      perform(raw, (session) => runCommand(session, { ...raw, record: file }, false)),
    );
  commandOf('replay', 'feed a recording to policies again and compare what they do')
    .argument('<file>', 'recording, - for standard input')
    .option(
      '--policy <name[:option=value,…]>',
      'instead of those that it was recorded with',
      (text: string, before: ReadonlyArray<string> = []) => [...before, text],
    )
    .option('--config <file>', 'policies and options as JSON')
    .addHelpText(
      'after',
      examples('mptcp-pm replay day.ndjson', 'mptcp-pm replay day.ndjson --policy full-mesh'),
    )
    .action((file: string, raw: Raw) =>
      perform(raw, async (session) => {
        const read = await managing(raw);
        if (E.isLeft(read)) return session.fail(read.left);
        const others = raw.policy !== undefined || raw.config !== undefined;
        return replay(session, file, others ? read.right.policies : undefined);
      }),
    );
  commandOf('doctor', 'find out what is in the way of managing paths here')
    .addHelpText('after', examples('mptcp-pm doctor', 'mptcp-pm doctor --netns blue'))
    .action((raw: Raw) => perform(raw, (session) => doctor(session, placeOf(raw))));

  const single_ = 'Single commands in the words of the kernel’s own pm_nl_ctl.';
  for (const [name, verb] of Object.entries(VERBS)) {
    commandOf(name, verb.summary)
      .argument('[words...]', verb.arguments)
      .addHelpText('after', `\n${single_}\n\n  mptcp-pm ${name} ${verb.arguments}\n\n${EXIT_CODES}`)
      .action((words: ReadonlyArray<string>, raw: Raw) =>
        perform(raw, (session) => single(session, name, words, placeOf(raw))),
      );
  }
  commandOf('events', 'print the kernel’s events as pm_nl_ctl does')
    .addHelpText('after', examples('mptcp-pm events', 'mptcp-pm events --netns blue'))
    .action((raw: Raw) => perform(raw, (session) => events(session, placeOf(raw))));
  commandOf('listen', 'hold an MPTCP listener, so that peers can join there')
    .argument('<ip>', 'local address')
    .argument('<port>', 'local port')
    .addHelpText('after', examples('mptcp-pm listen 10.0.1.1 8080'))
    .action((ip: string, port: string, raw: Raw) =>
      perform(raw, (session) => listen(session, ip, port, placeOf(raw))),
    );
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (caught) {
    if (!(caught instanceof CommanderError)) throw caught;
    if (caught.exitCode === 0) return EXIT_OK;
    const [first] = mistakes;
    const text = first?.startsWith('error: ') === true ? mistakes.join('') : 'no command was given';
    const message = text
      .replace(/^error: /, '')
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ');
    new Session(process, argv.includes('--json')).fail(usage(message));
    return EXIT_USAGE;
  }
};
