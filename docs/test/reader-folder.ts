/** The folder in which a reader tries the examples: with a capture and a recorded run, as the pages assume. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll } from 'vitest';

const shipped = fileURLToPath(
  new URL('../../apps/rohc-example/captures/acks-loss-sack.pcap.gz', import.meta.url),
);

/** Where the examples run; the process stands in it. */
export const readerFolder = mkdtempSync(join(tmpdir(), 'liquid-docs-'));

const capture = gunzipSync(readFileSync(shipped));
for (const name of ['capture.pcap', 'my.pcap']) writeFileSync(join(readerFolder, name), capture);
copyFileSync(
  fileURLToPath(new URL('../../packages/mptcp-pm/test/fixtures/log-v1.ndjson', import.meta.url)),
  join(readerFolder, 'night.ndjson'),
);
const before = process.cwd();
process.chdir(readerFolder);
afterAll(() => {
  process.chdir(before);
  rmSync(readerFolder, { recursive: true, force: true });
});
