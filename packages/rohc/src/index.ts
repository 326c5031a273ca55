/**
 * # @liquid/rohc
 *
 * RObust Header Compression for TCP/IP (RFC 5795, RFC 6846): a compressor and a decompressor that
 * turn the 40 to 100 octets of headers in front of every TCP segment into a few, and back, octet for
 * octet, also over links that lose packets. With a dissector, a reader and writer of capture files,
 * and a command line. Portable: the core needs no Node.
 *
 * ## Install
 *
 * ```sh
 * npm install @liquid/rohc
 * ```
 *
 * ES modules and CommonJS, with types, for Node 20.19 or later and for browsers.
 *
 * ## Use
 *
 * ```ts
 * import * as E from 'fp-ts/lib/Either.js'
 * import { createCompressor, createDecompressor } from '@liquid/rohc'
 *
 * // a TCP acknowledgement: IPv4, 40 octets, nothing behind the headers
 * const acknowledgement = (id: number, ack: number): Uint8Array => {
 *   const packet = Uint8Array.of(
 *     0x45, 0, 0, 40, id >> 8, id, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
 *     0x14, 0x51, 0xc9, 0x2c, 0, 0, 0, 1, ack >>> 24, ack >>> 16, ack >>> 8, ack,
 *     0x50, 0x10, 1, 0xf5, 0xca, 0xfe, 0, 0,
 *   )
 *   let sum = 0
 *   for (let i = 0; i < 20; i += 2) sum += ((packet[i] ?? 0) << 8) | (packet[i + 1] ?? 0)
 *   const checksum = ~((sum & 0xffff) + (sum >>> 16))
 *   packet.set([checksum >> 8, checksum], 10)
 *   return packet
 * }
 *
 * const compressor = createCompressor()
 * const decompressor = createDecompressor()
 * if (E.isRight(compressor) && E.isRight(decompressor)) {
 *   for (let i = 0; i < 20; i++) {
 *     const packet = acknowledgement(1000 + i, 5000 + i * 2920)
 *     const sent = compressor.right.compress(packet)
 *     if (E.isLeft(sent)) throw new Error(sent.left.message)
 *     const back = decompressor.right.decompress(sent.right.packet)
 *     if (E.isLeft(back)) throw new Error(back.left.message)
 *     const same = back.right.packet?.every((octet, place) => octet === packet[place])
 *     if (i === 0 || i === 19) console.log(sent.right.format, sent.right.packet.length, same)
 *   }
 * }
 * // IR 39 true
 * // seq_4 4 true
 * ```
 *
 * In a program that handles many packets, `compressInto` and `decompressInto` write into buffers of
 * yours and allocate nothing. `createDissector` turns any ROHC packet into a tree of fields, each with
 * its place, bits and meaning. Captures (pcap, pcapng) are read and written by `@liquid/rohc/pcap`
 * (portable) and `@liquid/rohc/pcap/node` (files). On the command line:
 *
 * ```sh
 * npx @liquid/rohc stats capture.pcap          # what would be saved, by packet format
 * npx @liquid/rohc roundtrip capture.pcap      # there and back, every packet compared
 * npx @liquid/rohc compress capture.pcap rohc.pcap
 * npx @liquid/rohc dissect rohc.pcap           # every field of every packet
 * ```
 *
 * ## Concepts
 *
 * - A **channel** is one direction between a compressor and a decompressor: packets of many flows,
 *   each under a **context identifier** (CID). Small CIDs serve 16 flows, large ones 16,384.
 * - A **profile** says which headers are compressed: 0x0006 for TCP, 0x0004 for any other IP packet,
 *   0x0000 for what can't be compressed. Each packet takes the first that fits; other profiles that
 *   come in are a typed `Unsupported`, counted.
 * - **Formats.** An IR packet brings the whole header, IR-CR only what differs from another flow
 *   between the same hosts, IR-DYN what changes; `co_common`, `rnd_1`–`rnd_8` and `seq_1`–`seq_8`
 *   carry least significant bits of what changed since a reference.
 * - **Robustness.** A change is sent in `repetitions` packets in a row (the RFC's optimistic
 *   approach), and least significant bits are chosen so that each of the last `window` packets
 *   serves as reference: up to `repetitions − 1` packets in a row may get lost. Every packet carries
 *   a CRC over the original header; what fails is not delivered and changes nothing.
 * - **Feedback.** Without it the compressor refreshes from time to time. With `feedback: true` the
 *   decompressor produces elements (`takeFeedback`, `takeFeedbackInto`) that travel to the compressor
 *   alone or in front of packets of the other direction: the first packet that fails is answered, and
 *   recovery takes one round trip (two where the static part turns out lost as well).
 * - **Hooks for protocols that carry ROHC elsewhere.** `adopt` makes a context on both ends from a
 *   packet that both saw uncompressed, `compressAsInto` takes the caller's CID, `snapshot` and
 *   `restore` roll a context back, `setMsn` sets the sequence number, and `elideTcpChecksum` leaves
 *   the checksum of pure acknowledgements out after verifying it.
 *
 * ## Options and Errors
 *
 * `createCompressor` and `createDecompressor` take plain objects that an io-ts codec checks; the
 * defaults are `defaultCompressorConfig` and `defaultDecompressorConfig`. Wrong values are a `Decode`
 * error that names the field.
 *
 * Functions return `Either<RohcError, …>`; `RohcError` is one of `Truncated`, `Corrupt` (a CRC),
 * `NotFound` (no context), `Conflict` (a damaged context), `Unsupported`, `Decode` and
 * `LimitExceeded`. The `…Into` functions return a length or a negative code that `errorOf` explains.
 * Nothing throws on any input.
 *
 * ## Speed
 *
 * Packets per second of CPU time, one thread, packets in memory, every check on: TCP acknowledgements
 * of a Linux kernel without timestamps, with timestamps, and with losses and SACK. There is no other
 * ROHC package on npm to compare with.
 *
 * <!-- figures -->
 *
 * ## Limits and Security
 *
 * - Profiles 0x0000, 0x0004 and 0x0006. ROHC segments are refused; so are IPv4 options, fragments and
 *   header chains of more than 10 headers (4 of them IP) or 1,024 octets: such packets travel
 *   uncompressed.
 * - A decompressor holds at most `maxCid + 1` contexts of bounded size, whatever comes in. No length
 *   from a packet is used before it is checked; work is linear in a packet's size.
 * - The headers' CRCs have 3 and 7 bits: where more packets in a row get lost than `repetitions` and
 *   `window` allow for, about one damaged header in eight passes its CRC-3 until the damage is noticed,
 *   and patterns that both polynomials miss pass until the next refresh (`refreshFo`, which goes on
 *   with feedback). Choose all three to suit the losses expected.
 * - A CRC of 3 or 7 bits detects loss and damage, not forgery: whoever can write to the channel can
 *   deliver any packet, as on any link. Compression of what an attacker mixes with secrets can leak
 *   by size; headers are what is compressed here, payloads never.
 * - Checked against the reference streams of an independent implementation, octet for octet.
 *
 * ## Sources
 *
 * RFC 5795 (framework), RFC 6846 (ROHC-TCP), RFC 4164 (context replication), RFC 3843 and RFC 3095
 * (IP-only profile) with the corrections of RFC 4815, RFC 4997 (notation). Deliverable *Trilogy 2
 * D1.3*, section 3.1.4.2, for what its HACK needs of it.
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
export * from './dissect/index.js';
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
