/** What refreshing costs: a stream with two subflows of which one is replaced every second, and one left alone. */

import type { ResultRow } from '../../../../scripts/lib/results.ts';
import { type AnyPolicy, fullMesh, ndiffports, refresh } from '@liquid/mptcp-pm';
import { type LinkKind, linked } from '../../system/support/links.ts';
import { withLab } from '../../system/support/machine.ts';
import { beginTransfer, manage } from '../../system/support/transfer.ts';
import { figuresOf, peerRow } from '../support.ts';

const BYTES = 20_000_000;
const LINK: LinkKind = { rateBps: 20e6, queueBytes: 60_000 };

const seconds = (
  links: ReadonlyArray<LinkKind>,
  policies: ReadonlyArray<AnyPolicy>,
): Promise<number> =>
  withLab(linked(links), async (lab) => {
    const manager = await manage(lab, policies);
    const { done } = await beginTransfer(lab, BYTES);
    const { received, sent } = await done;
    if (received.sha256 !== sent.sha256) throw new Error('the stream did not come whole');
    await manager.stop();
    return received.ms / 1000;
  });

const everySecond = refresh({ n: 2, everyMs: 1000 });

const CASES = [
  {
    id: 'refresh-vs-plain',
    title: '20 MB by 20 Mbit/s, two subflows refreshed every second',
    links: [LINK],
    ours: [everySecond],
    plain: [ndiffports({ n: 2 })],
  },
  {
    id: 'refresh-vs-plain-two-links',
    title: '20 MB by twice 20 Mbit/s, refreshed every second within a full mesh',
    links: [LINK, LINK],
    ours: [everySecond, fullMesh()],
    plain: [fullMesh()],
  },
] as const;

export const refreshRows = async (rounds: number): Promise<ResultRow[]> => {
  const times = CASES.map((one) => ({ one, ours: [] as number[], plain: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { one, ours, plain } of times) {
      plain.push(await seconds(one.links, one.plain));
      ours.push(await seconds(one.links, one.ours));
      process.stderr.write(
        `${round + 1}/${rounds} ${one.id}: ours ${ours.at(-1)?.toFixed(2)} s, plain ${plain.at(-1)?.toFixed(2)} s\n`,
      );
    }
  }
  const peer = { name: 'the same without refreshing', version: process.version };
  return times.map(({ one: { id, title }, ours, plain }) =>
    peerRow({
      id,
      title,
      unit: 's',
      ours: figuresOf(ours),
      peer,
      theirs: figuresOf(plain),
      better: 'less',
    }),
  );
};
