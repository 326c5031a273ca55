/** Every gate, the quick ones first. */
import { documented } from './documented.ts';
import { examples } from './examples.ts';
import { figures } from './figures.ts';
import { floors } from './floors.ts';
import type { Gate } from './gate.ts';
import { links } from './links.ts';
import { licences, published, sizes } from './published.ts';
import { readme } from './readme.ts';
import { anatomy, paths } from './texts.ts';
import { format, lint, types, unused } from './tools.ts';

export const GATES: readonly Gate[] = [
  paths,
  anatomy,
  readme,
  links,
  examples,
  figures,
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
