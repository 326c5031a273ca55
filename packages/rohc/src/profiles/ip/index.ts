/** Profile 0x0004: IP headers only, whatever they carry (RFC 3843). */
export { IpCompressorContext, type IpCompressorOptions } from './compressor.js';
export { IpDecompressorContext, type IpDecompressorOptions } from './decompressor.js';
export { IP_FORMATS, PROFILE_IP } from './formats.js';
