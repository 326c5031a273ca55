/**
 * Walks through a packet bit by bit and notes what each bit belongs to. After the first failure it notes nothing more:
 * callers need no check after each field, and {@link Walk.finish} puts what is left into one leaf.
 */
import { OVER_LIMIT, TRUNCATED } from '../internal/codes.js';
import type { RohcNode } from './tree.js';

/** What is said about a part of the packet. */
export interface Note {
  readonly value?: number | string | undefined;
  readonly meaning?: string | undefined;
  readonly section?: string | undefined;
}

/** Longer fields of whole octets are easier to read in hexadecimal. */
const BINARY_BITS = 8;
/** Longer leaves show their first octets only. */
const RAW_OCTETS = 32;

const hexOf = (bytes: Uint8Array, from: number, to: number): string => {
  const cut = Math.min(to, from + RAW_OCTETS);
  let text = '0x';
  for (let i = from; i < cut; i++) text += (bytes[i] as number).toString(16).padStart(2, '0');
  return cut < to ? `${text}…` : text;
};

/** Only what was said. */
const said = ({ value, meaning, section }: Note): Pick<RohcNode, 'value' | 'meaning' | 'section'> =>
  Object.assign(
    {},
    value === undefined ? undefined : { value },
    meaning === undefined ? undefined : { meaning },
    section === undefined ? undefined : { section },
  );

export class Walk {
  readonly bytes: Uint8Array;
  /** 0, or the negative code of the first failure. */
  code = 0;
  /** Fields of the uncompressed header as far as they are known. */
  readonly resolved: Record<string, number> = {};
  private nodes: RohcNode[] = [];
  private at = 0;
  private readonly end: number;
  private budget: number;

  constructor(bytes: Uint8Array, maxNodes: number) {
    this.bytes = bytes;
    this.end = bytes.length * 8;
    this.budget = maxNodes;
  }

  /** Place of the next octet. */
  get octet(): number {
    return this.at >>> 3;
  }

  get failed(): boolean {
    return this.code < 0;
  }

  /** Octets that are left. */
  get left(): number {
    return (this.end - this.at) >>> 3;
  }

  /** Place behind the packet's last octet. */
  get limit(): number {
    return this.bytes.length;
  }

  fail(code: number): void {
    if (this.code === 0) this.code = code;
  }

  /** The octet `ahead` of the next one, or -1 behind the end or after a failure. */
  peek(ahead = 0): number {
    return this.failed ? -1 : (this.bytes[this.octet + ahead] ?? -1);
  }

  /** A field of 1 to 32 bits: its value, or 0 after a failure. */
  field(name: string, bits: number, note: Note | ((raw: number) => Note) = {}): number {
    if (!this.take(bits)) return 0;
    let raw = 0;
    for (let i = this.at; i < this.at + bits; i++) {
      raw = raw * 2 + (((this.bytes[i >>> 3] as number) >>> (7 - (i & 7))) & 1);
    }
    const given = typeof note === 'function' ? note(raw) : note;
    this.nodes.push({
      name,
      bitOffset: this.at,
      bitLength: bits,
      raw:
        bits > BINARY_BITS && bits % 8 === 0
          ? `0x${raw.toString(16).padStart(bits / 4, '0')}`
          : raw.toString(2).padStart(bits, '0'),
      value: raw,
      ...said(given),
    });
    this.at += bits;
    return raw;
  }

  /** A field of whole octets that is no number; none for a length of 0. */
  octets(name: string, count: number, note: Note = {}): void {
    if (count === 0 || !this.take(count * 8)) return;
    const from = this.octet;
    this.nodes.push({
      name,
      bitOffset: this.at,
      bitLength: count * 8,
      raw: hexOf(this.bytes, from, from + count),
      ...said(note),
    });
    this.at += count * 8;
  }

  /** Bits that must be zero. */
  reserved(bits: number, code: number): void {
    if (this.field('reserved', bits, { meaning: 'must be 0' }) !== 0) this.fail(code);
  }

  /** Everything that `body` notes as one part; left out when that is nothing. */
  group(name: string, note: Note, body: () => void): void {
    if (this.failed) return;
    const before = this.nodes;
    const from = this.at;
    this.nodes = [];
    body();
    const children = this.nodes;
    this.nodes = before;
    if (children.length === 0) return;
    before.push({
      name,
      bitOffset: from,
      bitLength: this.at - from,
      ...said(note),
      children,
    });
  }

  /**
   * Holds the place that a decoder of the package came to against this one; the decoder's failure, if any, is the
   * packet's.
   */
  agree(place: number, disagreement: number): void {
    if (place < 0) this.fail(place);
    else if (!this.failed && place !== this.octet) this.fail(disagreement);
  }

  /** Place behind the header: where the payload starts, if there is one. */
  headerEnd(): number {
    const last = this.nodes.at(-1);
    return last?.name === 'payload' ? last.bitOffset >>> 3 : this.octet;
  }

  /** Says of the CRC octet at `place`, a part by itself, whether it matches. */
  matched(place: number, matches: boolean): void {
    const i = this.nodes.findIndex(({ bitOffset }) => bitOffset === place * 8);
    const node = this.nodes[i];
    if (node === undefined) return;
    const meaning = `${matches ? 'matches' : 'DOES NOT MATCH'}: ${node.meaning ?? ''}`;
    this.nodes[i] = { ...node, meaning };
  }

  /** The nodes, what was not reached among them. */
  finish(): readonly RohcNode[] {
    if (this.at < this.end) {
      const bits = this.end - this.at;
      const from = this.octet;
      this.nodes.push({
        name: 'undecoded',
        bitOffset: this.at,
        bitLength: bits,
        raw: bits % 8 === 0 || bits > 32 ? hexOf(this.bytes, from, this.limit) : this.tail(bits),
      });
      this.at = this.end;
    }
    return this.nodes;
  }

  private tail(bits: number): string {
    let text = '';
    for (let i = this.end - bits; i < this.end; i++) {
      text += ((this.bytes[i >>> 3] as number) >>> (7 - (i & 7))) & 1;
    }
    return text;
  }

  /** Whether that many bits may be noted. */
  private take(bits: number): boolean {
    if (this.failed) return false;
    if (this.at + bits > this.end) {
      this.code = TRUNCATED;
      return false;
    }
    if (this.budget === 0) {
      this.code = OVER_LIMIT;
      return false;
    }
    this.budget--;
    return true;
  }
}
