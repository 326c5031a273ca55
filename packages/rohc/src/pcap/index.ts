/**
 * Reading and writing captures of packets: pcap and pcapng, in either byte order, as streams.
 *
 * {@link createCaptureReader} is a push parser: it takes chunks cut anywhere and yields sections,
 * interfaces and records, holding at most one record. {@link createCaptureWriter} turns records into
 * octets. {@link ipPacketOf} finds the IP packet of a frame; {@link rohcPacketInto} and
 * {@link linkHeaderInto} do for ROHC packets what they need. Everything here runs in browsers and in
 * Node alike; files, pipes and gzip are in `@liquid/rohc/pcap/node`.
 *
 * @packageDocumentation
 */
export type {
  ByteOrder,
  CaptureError,
  CaptureEvent,
  CaptureFormat,
  CaptureInterface,
  CaptureRecord,
  CaptureRecordView,
  CaptureSection,
} from './events.js';
export * from './ip-packet.js';
export * from './link-type.js';
export {
  type CaptureReaderOptions,
  CaptureReaderOptionsCodec,
  DEFAULT_MAX_BLOCK_BYTES,
  DEFAULT_MAX_INTERFACES,
  DEFAULT_MAX_RECORD_BYTES,
} from './options.js';
export * from './reader.js';
export * from './rohc-frame.js';
export * from './writer.js';
export * from './writer-options.js';
