/** The captures that the project ships. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './skip.ts';

const folder = join(root, 'apps/rohc-example/captures');

/** Their names, without endings. */
export const captures: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.pcap.gz'))
  .map((name) => name.slice(0, -'.pcap.gz'.length))
  .sort();

/** Where one is. */
export const captureFile = (name: string): string => join(folder, `${name}.pcap.gz`);
