/** The scenario keeps the contract, gives the same report for the same seed, and says what is wrong with an input. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createTestContext, scenarioConformance } from '@liquid/types/testing';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { rohcCapture } from '../src/rohc-capture.js';
import { samples, sampleUrl } from '../src/samples.js';

const run = async (input: object, files: Readonly<Record<string, Uint8Array>> = {}) => {
  const test = createTestContext({ files });
  return { test, result: await rohcCapture.run(input, test.context)() };
};
const figure = (
  report: { readonly figures: readonly { readonly id: string; readonly value: number }[] },
  id: string,
) => report.figures.find((it) => it.id === id)?.value;

describe('rohc-capture', () => {
  for (const check of scenarioConformance(rohcCapture)) {
    it(check.name, async () => {
      const result = await check.run();
      expect(E.isLeft(result) ? result.left.message : 'as the contract has it').toBe(
        'as the contract has it',
      );
    });
  }

  it('rebuilds every packet of every sample', async () => {
    for (const sample of Object.keys(samples)) {
      const { result, test } = await run({ sample });
      if (E.isLeft(result)) throw new Error(`${sample}: ${result.left.message}`);
      expect(figure(result.right, 'different')).toBe(0);
      expect(figure(result.right, 'undelivered')).toBe(0);
      expect(figure(result.right, 'delivered')).toBe(figure(result.right, 'packets'));
      expect(test.points.length).toBeGreaterThan(2);
      console.log(`${sample}: ${result.right.summary}`);
    }
  });

  it("reaches the deliverable's sizes on acknowledgements without timestamps", async () => {
    const { result } = await run({});
    if (E.isLeft(result)) throw new Error(result.left.message);
    expect(result.right.comparisons.map((it) => [it.published.value, it.reached])).toEqual([
      [4, true],
      [3, true],
    ]);
  });

  it('reads a file of its own, gzipped or not, with the same result', async () => {
    const zipped = new Uint8Array(readFileSync(sampleUrl('acks-ipv6')));
    const plain = new Uint8Array(gunzipSync(zipped));
    const files = { 'mine.pcap.gz': zipped, 'mine.pcap': plain };
    const one = await run({ input: 'mine.pcap.gz' }, files);
    const two = await run({ input: 'mine.pcap' }, files);
    if (E.isLeft(one.result) || E.isLeft(two.result)) throw new Error('not read');
    expect(one.result.right.figures).toEqual(two.result.right.figures);
    expect(figure(one.result.right, 'packets')).toBe(1386);
  });

  it('shows what a truncated capture holds and says that it broke off', async () => {
    const plain = new Uint8Array(gunzipSync(readFileSync(sampleUrl('acks-ipv6'))));
    const { result } = await run({ input: 'cut' }, { cut: plain.subarray(0, plain.length - 7) });
    if (E.isLeft(result)) throw new Error(result.left.message);
    expect(figure(result.right, 'packets')).toBe(1385);
    expect(result.right.notes.join(' ')).toContain('broke off');
  });

  it('counts what losses do', async () => {
    const { result } = await run({ loss: 5 });
    if (E.isLeft(result)) throw new Error(result.left.message);
    expect(figure(result.right, 'lost')).toBeGreaterThan(50);
  });

  it('says what is wrong with a file that is no capture, and with one that is not there', async () => {
    const text = new TextEncoder().encode('this is a letter, not a capture of packets\n');
    const wrong = await run({ input: 'letter' }, { letter: text });
    expect(E.isLeft(wrong.result) && wrong.result.left._tag).toBe('Decode');
    const missing = await run({ input: 'nowhere' });
    expect(E.isLeft(missing.result) && missing.result.left._tag).toBe('NotFound');
  });
});
