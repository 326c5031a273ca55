/** The scenario as far as it shows without root: its description, its inputs, its needs. */
import { probeNeeds } from '@liquid/types/scenario';
import { scenarioConformance } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import * as T from 'fp-ts/lib/Task.js';
import { describe, expect, it } from 'vitest';
import { rohcTunnel } from '../src/rohc-tunnel.js';

/** What makes a network; interop/rohc runs these as root. */
const NEEDS_ROOT = ['runs, reports and', 'repeats itself', 'ends as aborted'];

describe('rohc-tunnel', () => {
  for (const check of scenarioConformance(rohcTunnel)) {
    if (NEEDS_ROOT.some((words) => check.name.includes(words))) continue;
    it(check.name, async () => {
      const result = await check.run();
      expect(E.isLeft(result) ? result.left.message : 'as the contract has it').toBe(
        'as the contract has it',
      );
    });
  }

  it('names what is missing, each with its mend', async () => {
    const bare = {
      platform: 'linux',
      isRoot: T.of(false),
      hasCommand: () => T.of(false),
      hasPath: () => T.of(false),
    };
    const met = await probeNeeds(bare)(rohcTunnel.needs)();
    if (E.isRight(met)) throw new Error('nothing is there, and nothing is missing');
    expect(met.left.map(({ _tag, remedy }) => [_tag, remedy])).toEqual([
      ['Permission', 'run it as root, for example with sudo'],
      ['Unsupported', 'run: apt-get install iproute2'],
      ['Unsupported', 'run: apt-get install iproute2'],
      ['Unsupported', 'run: modprobe tun'],
    ]);
  });

  it('takes only what a link and TCP can do', () => {
    for (const bad of [{ seconds: 0 }, { rateMbps: 0 }, { rateMbps: 2.5 }, { lossPercent: 21 }]) {
      expect(E.isLeft(rohcTunnel.input.decode(bad)), JSON.stringify(bad)).toBe(true);
    }
    expect(E.isRight(rohcTunnel.input.decode({ direction: 'both', compression: false }))).toBe(
      true,
    );
  });
});
