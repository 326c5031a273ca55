/**
 * RObust Header Compression for TCP/IP (RFC 5795, RFC 6846): a compressor and a decompressor that turn the 40 to 100
 * octets of headers in front of every TCP segment into a few, and back, octet for octet, also over links that lose
 * packets.
 *
 * @packageDocumentation
 */
export {
  COMPRESSED_EXPANSION_MAX,
  type Compressed,
  type Compressor,
  type CompressorSnapshot,
  createCompressor,
} from './compressor.js';
export {
  type CompressorConfig,
  CompressorConfigCodec,
  type DecompressorConfig,
  DecompressorConfigCodec,
  defaultCompressorConfig,
  defaultDecompressorConfig,
} from './config.js';
export * from './crc.js';
export {
  createDecompressor,
  type Decompressed,
  type Decompressor,
  type DecompressorSnapshot,
  type FeedbackSink,
} from './decompressor.js';
export { errorOf, type RohcError } from './errors.js';
export * from './feedback.js';
export * from './feedback-element.js';
export { formatName } from './format-names.js';
export * from './sdvl.js';
export {
  type CompressorStats,
  CompressorStatsCodec,
  type DecompressorStats,
  DecompressorStatsCodec,
} from './statistics.js';
export * from './wlsb.js';
