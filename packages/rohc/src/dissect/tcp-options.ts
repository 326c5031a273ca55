/** TCP options as compressed lists and irregular items (RFC 6846 sections 6.3.3 to 6.3.7 and 8.2). */
import { MALFORMED } from '../internal/codes.js';
import { decodeOptionsIrregular } from '../profiles/tcp/options-decode.js';
import * as S from '../profiles/tcp/state.js';
import type { TcpWork } from './tcp-work.js';
import type { Walk } from './walk.js';

const ITEMS = ['NOP', 'EOL', 'MSS', 'window scale', 'timestamp', 'SACK-permitted', 'SACK'] as const;

const itemName = (index: number): string => ITEMS[index] ?? `generic option ${index}`;

/** One edge of a SACK block (`sack_var_length`): its value comes from the row. */
const sackEdge = (walk: Walk, name: string, value: number): void => {
  const first = walk.peek();
  const [prefix, bits] =
    first < 0x80 ? ['0', 15] : first < 0xc0 ? ['10', 22] : first < 0xe0 ? ['110', 29] : ['', 32];
  walk.group(name, { value }, () => {
    if (prefix !== '') {
      walk.field('discriminator', prefix.length, { value: prefix });
      walk.field('offset', bits, { meaning: 'from the edge before it, or the acknowledgement' });
    } else {
      if (walk.field('discriminator', 8, { value: '11111111' }) !== 0xff) walk.fail(MALFORMED);
      walk.field('offset', 32, { meaning: 'from the edge before it, or the acknowledgement' });
    }
  });
};

const sackBlocks = (walk: Walk, row: Uint32Array, blocks: number): void => {
  for (let i = 0; i < blocks && !walk.failed; i++) {
    walk.group(`block ${i + 1}`, {}, () => {
      sackEdge(walk, 'start', row[S.SACK + i * 2] as number);
      sackEdge(walk, 'end', row[S.SACK + i * 2 + 1] as number);
    });
  }
};

/** The contents of an item that came with the list (X = 1). */
const presentItem = (walk: Walk, row: Uint32Array, index: number): void => {
  switch (index) {
    case S.INDEX_NOP:
    case S.INDEX_SACK_PERMITTED:
      break;
    case S.INDEX_EOL:
      walk.field('pad_len', 8, { meaning: 'bits of padding behind the option' });
      break;
    case S.INDEX_MSS:
      walk.field('mss', 16);
      break;
    case S.INDEX_WINDOW_SCALE:
      walk.field('wscale', 8);
      break;
    case S.INDEX_TIMESTAMP:
      walk.field('tsval', 32);
      walk.field('tsecho', 32);
      break;
    case S.INDEX_SACK: {
      const blocks = walk.field('discriminator', 8, { meaning: 'blocks' });
      if (blocks < 1 || blocks > 4) return walk.fail(MALFORMED);
      sackBlocks(walk, row, blocks);
      break;
    }
    default: {
      walk.field('type', 8, { meaning: 'TCP option kind' });
      walk.field('option_static', 1, { meaning: '1: its contents never change' });
      const length = walk.field('option_len', 7, { meaning: 'octets of the option' });
      if (length < 2) return walk.fail(MALFORMED);
      walk.octets('contents', length - 2);
    }
  }
};

/** A compressed list: its header, XI items and the items that came along. The row holds their values already. */
export const dissectList = (walk: Walk, work: TcpWork): void => {
  walk.group('TCP options list', { section: 'RFC 6846 6.3.3' }, () => {
    walk.reserved(3, MALFORMED);
    const wide = walk.field('PS', 1, (raw) => ({
      meaning: raw === 1 ? '8-bit XI items' : '4-bit XI items',
    }));
    const count = walk.field('m', 4, { meaning: 'items in the list' });
    const present: number[] = [];
    for (let i = 0; i < count && !walk.failed; i++) {
      walk.group(`XI ${i + 1}`, {}, () => {
        const x = walk.field('X', 1, (raw) => ({
          meaning: raw === 1 ? 'the item is in the list' : 'the item is in the context',
        }));
        if (wide === 1) walk.reserved(3, MALFORMED);
        const index = walk.field('index', wide === 1 ? 4 : 3, (raw) => ({
          meaning: itemName(raw),
          section: 'RFC 6846 6.3.4',
        }));
        if (x === 1) present.push(index);
      });
    }
    if (wide === 0 && count % 2 === 1) walk.field('padding', 4, { meaning: 'must be 0' });
    for (const index of present) {
      walk.group(`${itemName(index)} item`, { section: 'RFC 6846 6.3.4' }, () =>
        presentItem(walk, work.row, index),
      );
    }
  });
};

/** A timestamp of the irregular chain (`ts_lsb`). */
const timestamp = (walk: Walk, name: string, value: number): void => {
  const first = walk.peek();
  const [prefix, bits] =
    first < 0x80 ? ['0', 7] : first < 0xc0 ? ['10', 14] : first < 0xe0 ? ['110', 21] : ['111', 29];
  walk.group(name, { value }, () => {
    walk.field('discriminator', prefix.length, { value: prefix });
    walk.field(name, bits, { value });
  });
};

/** The irregular chain's items: one for each of the list that did not come with it. Reads them into the row, too. */
export const dissectOptionsIrregular = (walk: Walk, work: TcpWork): void => {
  if (walk.failed) return;
  const { row, scratch } = work;
  const count = row[S.LIST_COUNT] as number;
  const place = decodeOptionsIrregular(row, 0, walk.bytes, walk.octet, walk.limit, scratch);
  walk.group('TCP options, irregular items', { section: 'RFC 6846 6.3.6' }, () => {
    for (let i = 0; i < count && !walk.failed; i++) {
      if (((scratch.present >>> i) & 1) === 1) continue;
      const index = S.listItem(row, 0, i);
      walk.group(`${itemName(index)} irregular item`, {}, () => {
        if (index === S.INDEX_TIMESTAMP) {
          timestamp(walk, 'tsval', row[S.TS_VALUE] as number);
          timestamp(walk, 'tsecho', row[S.TS_ECHO] as number);
        } else if (index === S.INDEX_SACK) {
          const blocks = walk.field('discriminator', 8, (raw) => ({
            meaning: raw === 0 ? 'unchanged' : 'blocks',
          }));
          if (blocks > 4) return walk.fail(MALFORMED);
          sackBlocks(walk, row, blocks);
        } else if (index >= S.INDEX_GENERIC) {
          const g = (index - S.INDEX_GENERIC) * S.GENERIC_OCTETS;
          if (scratch.generic[g + S.GENERIC_STATIC] === 1) return;
          const discriminator = walk.field('discriminator', 8, (raw) => ({
            meaning: raw === 0xff ? 'unchanged' : 'the contents follow',
          }));
          if (discriminator === 0xff) return;
          if (discriminator !== 0) return walk.fail(MALFORMED);
          walk.octets('contents', (scratch.generic[g + S.GENERIC_LENGTH] as number) - 2);
        }
      });
    }
    walk.agree(place, MALFORMED);
  });
};
