/**
 * The three cyclic redundancy checks that ROHC headers carry, computed by table.
 *
 * All are bit-reflected, start from all ones and take no final exclusive-or (RFC 5795 section 5.3.1).
 */

/** Reflected generator polynomial of CRC-3: 1 + x + x^3. */
const CRC3_POLYNOMIAL = 0x6;
/** Reflected generator polynomial of CRC-7: 1 + x + x^2 + x^3 + x^6 + x^7. */
const CRC7_POLYNOMIAL = 0x79;
/** Reflected generator polynomial of CRC-8: 1 + x + x^2 + x^8. */
const CRC8_POLYNOMIAL = 0xe0;

const table = (polynomial: number): Uint8Array => {
  const entries = new Uint8Array(256);
  for (let octet = 0; octet < 256; octet++) {
    let register = octet;
    for (let bit = 0; bit < 8; bit++) {
      register = (register & 1) === 1 ? (register >>> 1) ^ polynomial : register >>> 1;
    }
    entries[octet] = register;
  }
  return entries;
};

/**
 * Tables for octets that one, two and three further octets follow: four octets are looked up at once, none of the
 * look-ups waiting for another (the register is narrower than an octet, so it touches the first one only).
 */
const ahead = (table: Uint8Array, distance: number): Uint8Array => {
  const entries = new Uint8Array(256);
  for (let octet = 0; octet < 256; octet++) {
    let register = table[octet] as number;
    for (let i = 0; i < distance; i++) register = table[register] as number;
    entries[octet] = register;
  }
  return entries;
};

const TABLE3 = /* @__PURE__ */ table(CRC3_POLYNOMIAL);
const TABLE7 = /* @__PURE__ */ table(CRC7_POLYNOMIAL);
const TABLE7_1 = /* @__PURE__ */ ahead(TABLE7, 1);
const TABLE7_2 = /* @__PURE__ */ ahead(TABLE7, 2);
const TABLE7_3 = /* @__PURE__ */ ahead(TABLE7, 3);
const TABLE8 = /* @__PURE__ */ table(CRC8_POLYNOMIAL);

/**
 * Register content before the first octet, by width: all ones.
 *
 * @since 0.1.0
 */
export const CRC3_INIT = 0x7;
/**
 * Register content of CRC-7 before the first octet.
 *
 * @since 0.1.0
 */
export const CRC7_INIT = 0x7f;
/**
 * Register content of CRC-8 before the first octet.
 *
 * @since 0.1.0
 */
export const CRC8_INIT = 0xff;

/**
 * CRC-3 over `bytes[from, to)`, continued from `register` (so a check over several pieces chains).
 *
 * Protects the frequent compressed headers (RFC 6846 section 8.1). One table look-up an octet.
 *
 * @example
 * ```ts
 * import { crc3 } from '@liquid/rohc'
 *
 * console.log(crc3(new TextEncoder().encode('123456789'))) // 6
 * ```
 * @since 0.1.0
 */
export const crc3 = (
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  register = CRC3_INIT,
): number => {
  // octets seven apart weigh the same, x^56 being 1 modulo the polynomial: they are summed first, then looked up once
  let a = register;
  let b = 0;
  let c = 0;
  let d = 0;
  let e = 0;
  let f = 0;
  let g = 0;
  let i = from;
  for (; i + 6 < to; i += 7) {
    a ^= bytes[i] as number;
    b ^= bytes[i + 1] as number;
    c ^= bytes[i + 2] as number;
    d ^= bytes[i + 3] as number;
    e ^= bytes[i + 4] as number;
    f ^= bytes[i + 5] as number;
    g ^= bytes[i + 6] as number;
  }
  let crc = i === from ? register : (TABLE3[a] as number);
  if (i !== from) {
    crc = TABLE3[b ^ crc] as number;
    crc = TABLE3[c ^ crc] as number;
    crc = TABLE3[d ^ crc] as number;
    crc = TABLE3[e ^ crc] as number;
    crc = TABLE3[f ^ crc] as number;
    crc = TABLE3[g ^ crc] as number;
  }
  for (; i < to; i++) crc = TABLE3[(bytes[i] as number) ^ crc] as number;
  return crc;
};

/**
 * CRC-7 over `bytes[from, to)`, continued from `register`.
 *
 * Protects headers that may change how later ones are read: `rnd_8`, `seq_8`, `co_common`, and the original header of
 * an IR-CR packet (RFC 6846 section 8.1, RFC 4164 section 3.5.1.1).
 *
 * @example
 * ```ts
 * import { crc7 } from '@liquid/rohc'
 *
 * console.log(crc7(new TextEncoder().encode('123456789'))) // 83
 * ```
 * @since 0.1.0
 */
export const crc7 = (
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  register = CRC7_INIT,
): number => {
  let crc = register;
  let i = from;
  for (; i + 3 < to; i += 4) {
    crc =
      (TABLE7_3[(bytes[i] as number) ^ crc] as number) ^
      (TABLE7_2[bytes[i + 1] as number] as number) ^
      (TABLE7_1[bytes[i + 2] as number] as number) ^
      (TABLE7[bytes[i + 3] as number] as number);
  }
  for (; i < to; i++) crc = TABLE7[(bytes[i] as number) ^ crc] as number;
  return crc;
};

/**
 * CRC-8 over `bytes[from, to)`, continued from `register`.
 *
 * Protects IR, IR-DYN and IR-CR headers and feedback elements (RFC 5795 section 5.3.1.1).
 *
 * @example
 * ```ts
 * import { crc8 } from '@liquid/rohc'
 *
 * console.log(crc8(new TextEncoder().encode('123456789'))) // 208
 * ```
 * @since 0.1.0
 */
export const crc8 = (
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  register = CRC8_INIT,
): number => {
  let crc = register;
  for (let i = from; i < to; i++) crc = TABLE8[(bytes[i] as number) ^ crc] as number;
  return crc;
};
