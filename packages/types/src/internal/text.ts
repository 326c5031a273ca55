/** How hostile or merely long values become short, one-line, printable text. */

/** Longest text quoted from an outside value: enough to recognise it, too short to flood a log. */
const QUOTE_LIMIT = 60;

/** How many names of an object's fields are listed before "…". */
const KEYS_LISTED = 6;

/**
 * Characters that must never reach a terminal or a log line as they are, by Unicode category:
 * controls (terminal escapes, forged lines), format characters (which reorder or hide text), lone
 * surrogates, line and paragraph separators.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const escapeCharacter = (character: string): string => {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = character.codePointAt(0) ?? 0;
      const hex = code.toString(16);
      if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
      return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
    }
  }
};

/** Escapes what a terminal could act on, then cuts to `limit` UTF-16 units without splitting a pair. */
export const safeText = (text: string, limit: number): string => {
  // Cutting first bounds the work on a huge string; escaping can lengthen it, so it is cut again.
  const head = text.length > limit ? text.slice(0, limit + 1) : text;
  const escaped = head.replace(UNSAFE, escapeCharacter);
  if (escaped.length <= limit) return escaped;
  const end = limit > 0 ? limit - 1 : 0;
  const last = escaped.charCodeAt(end - 1);
  const whole = last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
  return `${escaped.slice(0, whole)}…`;
};

const quote = (text: string): string => `"${safeText(text, QUOTE_LIMIT)}"`;

const describeObject = (value: object): string => {
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Error) return `error ${quote(String(value.message))}`;
  if (value instanceof Date) return `date ${Number(value)}`;
  const keys = Object.keys(value);
  const listed = keys.slice(0, KEYS_LISTED).map((key) => safeText(key, QUOTE_LIMIT));
  const more = keys.length > KEYS_LISTED ? ', …' : '';
  return keys.length === 0 ? 'empty object' : `object {${listed.join(', ')}${more}}`;
};

/**
 * Names any value in a few words for an error message: strings quoted and cut, arrays and objects
 * summed up. Never throws: a value whose getters or proxies throw is called "unreadable".
 */
export const abbreviate = (value: unknown): string => {
  try {
    switch (typeof value) {
      case 'string':
        return quote(value);
      case 'bigint':
        return `${safeText(value.toString(), QUOTE_LIMIT)}n`;
      case 'undefined':
        return 'nothing';
      case 'function':
        return 'function';
      case 'symbol':
        return 'symbol';
      case 'object':
        return value === null ? 'null' : describeObject(value);
      default:
        return Object.is(value, -0) ? '-0' : String(value);
    }
  } catch {
    return 'unreadable value';
  }
};
