/** The commands of `rohc` and their help. */
import { Command, CommanderError } from 'commander';
import * as E from 'fp-ts/lib/Either.js';
import { compress, decompress } from './convert.js';
import { dissectCapture } from './dissect.js';
import { roundtrip, stats } from './roundtrip.js';
import { type CliProcess, EXIT_OK, EXIT_USAGE, Session, usage } from './session.js';
import {
  readSettings,
  type RawOptions,
  type Settings,
  withChannel,
  withCommon,
  withCompressor,
  withOutput,
} from './settings.js';

const EXIT_CODES = 'Exit codes: 0 ok, 1 failed, 2 usage, 130 interrupted.';

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n\n${EXIT_CODES}`;

const INPUT = 'pcap or pcapng capture, plain or gzipped; - for standard input';
const OUTPUT = 'capture to write, seen only when it is whole; - for standard output';

/** Runs the command line; gives its exit code. */
export const runCli = async (
  argv: readonly string[],
  version: string,
  process: CliProcess,
): Promise<number> => {
  let exitCode = EXIT_OK;
  /** One line on stderr, or the JSON object: commander's own mistakes as all others. */
  const misused = (text: string): Promise<number> => {
    const message = text
      .replace(/^error: /, '')
      .trim()
      .replaceAll(/\s*\n\s*/g, ' ');
    return new Session(process, argv.includes('--json')).fail({
      ...usage(message),
      remedy: 'rohc --help shows how',
    });
  };
  const perform = async (
    options: RawOptions,
    command: (session: Session, settings: Settings) => Promise<number>,
  ): Promise<void> => {
    const session = new Session(process, options.json === true);
    const settings = readSettings(options);
    exitCode = E.isLeft(settings)
      ? await session.fail(settings.left)
      : await command(session, settings.right);
  };
  const mistakes: string[] = [];
  const program = new Command('rohc')
    .description('RObust Header Compression (RFC 5795, RFC 6846, RFC 3843) of packet captures.')
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
        'rohc stats capture.pcap                       what compression would save, by format',
        'rohc roundtrip capture.pcap.gz --loss 1%      there and back over a lossy link',
        'rohc compress capture.pcap rohc.pcap',
        'rohc decompress rohc.pcap capture.pcap',
        'rohc dissect rohc.pcap | less                 each packet, bit by bit',
        'tcpdump -w - tcp | rohc stats -',
      ),
    );
  const commandOf = (name: string, description: string): Command =>
    program.command(name).description(description).argument('<input>', INPUT).exitOverride();
  withCommon(
    withOutput(withCompressor(commandOf('compress', 'compress the IP packets of a capture'))),
  )
    .argument('<output>', OUTPUT)
    .option('--seed <n>', 'of the first master sequence numbers', '0')
    .addHelpText(
      'after',
      examples(
        'rohc compress capture.pcap rohc.pcap',
        'rohc compress capture.pcapng.gz rohc.pcapng --format pcapng --cids large --max-cid 1023',
        'tcpdump -w - tcp | rohc compress - - | rohc dissect -',
      ),
    )
    .action((input: string, output: string, options: RawOptions) =>
      perform(options, (session, settings) => compress(session, input, output, settings)),
    );
  withCommon(
    withOutput(withChannel(commandOf('decompress', 'rebuild the IP packets of a ROHC capture'))),
  )
    .argument('<output>', OUTPUT)
    .addHelpText(
      'after',
      examples(
        'rohc decompress rohc.pcap capture.pcap',
        'rohc decompress rohc.pcap - --cids large | tcpdump -r -',
      ),
    )
    .action((input: string, output: string, options: RawOptions) =>
      perform(options, (session, settings) => decompress(session, input, output, settings)),
    );
  withCommon(
    withCompressor(commandOf('roundtrip', 'compress, lose, decompress and compare octet by octet')),
  )
    .option('--feedback', "send the decompressor's feedback back to the compressor")
    .option(
      '--ack-interval <n>',
      'with feedback: packets between acknowledgements of a steady flow',
    )
    .option('--loss <p>', 'share of packets that get lost, as 0.01 or 1%', '0')
    .option('--seed <n>', 'of the losses and the first master sequence numbers', '0')
    .addHelpText(
      'after',
      examples(
        'rohc roundtrip capture.pcap',
        'rohc roundtrip capture.pcap --loss 5% --seed 7 --feedback',
        'rohc roundtrip capture.pcap --window 16 --repetitions 2 --json',
      ),
    )
    .action((input: string, options: RawOptions) =>
      perform(options, (session, settings) => roundtrip(session, input, settings)),
    );
  withCommon(
    withCompressor(commandOf('stats', 'tabulate what compression saves, by packet format')),
  )
    .option('--seed <n>', 'of the first master sequence numbers', '0')
    .addHelpText(
      'after',
      examples(
        'rohc stats capture.pcap',
        'rohc stats capture.pcap --profiles ip --json',
        'zcat *.pcap.gz | rohc stats - --limit 100000',
      ),
    )
    .action((input: string, options: RawOptions) =>
      perform(options, (session, settings) => stats(session, input, settings)),
    );
  withCommon(withChannel(commandOf('dissect', 'show each packet of a ROHC capture, bit by bit')))
    .option('--lines', 'one JSON object a line and packet')
    .addHelpText(
      'after',
      examples(
        'rohc dissect rohc.pcap --limit 10',
        'rohc dissect rohc.pcap --lines | jq .tree.format | sort | uniq -c',
        'rohc compress capture.pcap - | rohc dissect -',
      ),
    )
    .action((input: string, options: RawOptions) =>
      perform(options, (session, settings) => dissectCapture(session, input, settings)),
    );
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (caught) {
    if (!(caught instanceof CommanderError)) throw caught;
    if (caught.exitCode === 0) return EXIT_OK;
    const [first] = mistakes;
    const text = first?.startsWith('error: ') === true ? mistakes.join('') : 'no command was given';
    await misused(text);
    return EXIT_USAGE;
  }
};
