/** Profile 0x0004: IP headers only, whatever they carry (RFC 3843). */
export { IpCompressorContext } from './compressor.js';
export { IpDecompressorContext } from './decompressor.js';
export { IP_FORMATS } from './formats.js';
