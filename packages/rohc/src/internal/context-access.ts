/**
 * A read-only way from a decompressor to its contexts for the dissector, which is no part of the decompressor's face.
 */
import type { DecompressorContext } from './profile.js';

/** Finds the context behind a CID. */
export type ContextReader = (cid: number) => DecompressorContext | undefined;

const readers = /* @__PURE__ */ new WeakMap<object, ContextReader>();

/** Lets the contexts of `decompressor` be read; returns it. */
export const shareContexts = <A extends object>(decompressor: A, read: ContextReader): A => {
  readers.set(decompressor, read);
  return decompressor;
};

/** The context of `decompressor` behind a CID. */
export const contextOf = (decompressor: object, cid: number): DecompressorContext | undefined =>
  readers.get(decompressor)?.(cid);
