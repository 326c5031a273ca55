/** Chunks of any size in, contiguous windows out, with at most one window's worth copied. */

const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);

/** First size of the buffer for what straddles two chunks: most frames fit. */
const FIRST_CARRY = 2048;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A chunk may be a subclass (Node's Buffer) whose `slice` and `subarray` mean something else and which
 * would leak into the records that are handed out.
 */
const plain = (bytes: Uint8Array): Uint8Array =>
  Object.getPrototypeOf(bytes) === Uint8Array.prototype
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A queue of borrowed chunks. `require(n)` makes the next `n` octets contiguous at `bytes[at]`: inside
 * a chunk where they lie in one, else copied into a buffer that grows with what has arrived and never
 * with what was announced. Whoever required `n` consumes all of them at once.
 */
export class ByteWindow {
  /** Holds what the last successful `require` asked for, from `at` on. */
  bytes: Uint8Array = EMPTY;
  view: DataView = EMPTY_VIEW;
  at = 0;
  /** Octets consumed since the beginning: the offset in the file of the next one. */
  position = 0;

  #chunk: Uint8Array = EMPTY;
  #chunkView: DataView = EMPTY_VIEW;
  #chunkAt = 0;
  #pending: Uint8Array[] = [];
  #pendingAt = 0;
  #carry: Uint8Array = EMPTY;
  #carryView: DataView = EMPTY_VIEW;
  #carryLength = 0;

  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#pending.push(plain(chunk));
  }

  /** Octets that have arrived and aren't consumed. */
  unread(): number {
    let sum = this.#carryLength + this.#chunk.length - this.#chunkAt;
    for (let i = this.#pendingAt; i < this.#pending.length; i += 1) {
      sum += this.#pending[i]?.length ?? 0;
    }
    return sum;
  }

  require(count: number): boolean {
    for (;;) {
      const left = this.#chunk.length - this.#chunkAt;
      if (this.#carryLength === 0 && left >= count) {
        this.bytes = this.#chunk;
        this.view = this.#chunkView;
        this.at = this.#chunkAt;
        return true;
      }
      const take = Math.min(count - this.#carryLength, left);
      if (take > 0) this.#save(take, count);
      if (this.#carryLength >= count) {
        this.bytes = this.#carry;
        this.view = this.#carryView;
        this.at = 0;
        return true;
      }
      if (!this.#nextChunk()) return false;
    }
  }

  /** Gives up the `count` octets of the last `require`; their window stays valid until the next. */
  consume(count: number): void {
    this.position += count;
    if (this.#carryLength > 0) this.#carryLength = 0;
    else this.#chunkAt += count;
  }

  /** Drops up to `count` octets without storing them; returns how many there were. */
  skip(count: number): number {
    let skipped = 0;
    for (;;) {
      const step = Math.min(count - skipped, this.#chunk.length - this.#chunkAt);
      this.#chunkAt += step;
      skipped += step;
      if (skipped === count || !this.#nextChunk()) break;
    }
    this.position += skipped;
    return skipped;
  }

  #nextChunk(): boolean {
    const next = this.#pending[this.#pendingAt];
    if (next === undefined) return false;
    // A chunk that was taken must not be kept alive by those still waiting behind it.
    this.#pending[this.#pendingAt] = EMPTY;
    this.#pendingAt += 1;
    if (this.#pendingAt === this.#pending.length) {
      this.#pending.length = 0;
      this.#pendingAt = 0;
    }
    this.#chunk = next;
    this.#chunkView = viewOf(next);
    this.#chunkAt = 0;
    return true;
  }

  #save(take: number, wanted: number): void {
    const needed = this.#carryLength + take;
    if (needed > this.#carry.length) {
      const size = Math.max(
        needed,
        Math.min(wanted, Math.max(FIRST_CARRY, this.#carry.length * 2)),
      );
      const grown = new Uint8Array(size);
      grown.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = grown;
      this.#carryView = viewOf(grown);
    }
    this.#carry.set(this.#chunk.subarray(this.#chunkAt, this.#chunkAt + take), this.#carryLength);
    this.#carryLength = needed;
    this.#chunkAt += take;
  }
}
