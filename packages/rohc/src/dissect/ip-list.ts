/** Compressed lists of IPv6 extension headers in their four encodings (RFC 3095 section 5.8.6). */
import { MALFORMED } from '../internal/codes.js';
import type { Walk } from './walk.js';

const ENCODINGS = ['generic', 'insertion', 'removal', 'removal, then insertion'] as const;

/** A mask of 7 or 15 bits: how many of them are set. */
const mask = (walk: Walk, name: string): number => {
  const bits = walk.peek() < 0x80 ? 7 : 15;
  walk.field('mask length', 1, { meaning: `${bits} bits` });
  let set = walk.field(name, bits);
  let count = 0;
  for (; set !== 0; set &= set - 1) count++;
  return count;
};

/** An item: an extension header in full, its length by its own field. */
const item = (walk: Walk): void => {
  const length = ((walk.peek(1) < 0 ? 0 : walk.peek(1)) + 1) * 8;
  walk.group('item', { section: 'RFC 3095 5.8.4' }, () => {
    walk.field('type', 8, { meaning: 'protocol number of the extension header' });
    walk.field('length', 8, { meaning: `${length} octets` });
    walk.octets('contents', length - 2);
  });
};

/** One compressed list; `empty` demands that it has no items, as behind IPv4. */
export const dissectIpList = (walk: Walk, empty: boolean): void => {
  const first = walk.peek();
  walk.group('extension header list', { section: 'RFC 3095 5.8.6' }, () => {
    const encoding = walk.field('ET', 2, (raw) => ({ meaning: ENCODINGS[raw] }));
    const generation = walk.field('GP', 1, { meaning: '1: gen_id is sent' });
    const wide = walk.field('PS', 1, { meaning: '1: XI items of 8 bits, 0: of 4' });
    if (first < 0) return;
    const low = first & 15;
    if (encoding === 0) walk.field('CC', 4, { meaning: 'items' });
    else if (encoding === 2) walk.field('count', 4, { meaning: 'items of the reference list' });
    else walk.field('XI 1', 4, { meaning: wide === 1 ? 'not used' : 'X and index' });
    if (generation === 1) walk.field('gen_id', 8);
    let count = low;
    if (encoding !== 0) {
      walk.field('ref_id', 8, { meaning: 'generation of the reference list' });
      if (encoding >= 2) mask(walk, 'removal mask');
      if (encoding === 2) return;
      count = mask(walk, 'insertion mask');
    }
    if (empty && count > 0) return walk.fail(MALFORMED);
    items(walk, count, wide === 1, encoding === 0 || wide === 1 ? -1 : low);
  });
};

/** XI items, the first of them known where it stood in the first octet, and the items that they announce. */
const items = (walk: Walk, count: number, wide: boolean, xi1: number): void => {
  let present = 0;
  const here = xi1 >= 0 && count > 0 ? count - 1 : count;
  if (here < count && (xi1 & 8) !== 0) present++;
  for (let i = 0; i < here && !walk.failed; i++) {
    walk.group(`XI ${count - here + i + 1}`, { section: 'RFC 3095 5.8.6.1' }, () => {
      if (walk.field('X', 1, { meaning: '1: the item is in the list' }) === 1) present++;
      walk.field('index', wide ? 7 : 3);
    });
  }
  if (!wide && here % 2 === 1) walk.field('padding', 4);
  for (let i = 0; i < present && !walk.failed; i++) item(walk);
};
