/** Every gate, the quick ones first. */
import { documented } from './documented.ts';
import { floors } from './floors.ts';
import type { Gate } from './gate.ts';
import { licences, published, sizes } from './published.ts';
import { readme } from './readme.ts';
import { anatomy, paths } from './texts.ts';
import { format, lint, types, unused } from './tools.ts';

export const GATES: readonly Gate[] = [
  paths,
  anatomy,
  readme,
  licences,
  format,
  lint,
  floors,
  types,
  unused,
  documented,
  published,
  sizes,
];
