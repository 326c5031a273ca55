/**
 * RObust Header Compression for TCP/IP (RFC 5795, RFC 6846): compressor, decompressor, dissector and command line.
 *
 * @packageDocumentation
 */
export {};
