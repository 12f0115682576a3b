/**
 * Names as strings and back without loss. A name in Linux is bytes; one that is UTF-8 is that string, and
 * each byte that is not becomes a lone surrogate U+DC80…U+DCFF, which no UTF-8 decodes to (the scheme of
 * Python's PEP 383). So every name has exactly one string and every path is an array of strings.
 */
import { isUtf8 } from 'node:buffer';

const surrogateBase = 0xdc00;
const escaped = /[\udc80-\udcff]/;

export function nameFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = utf8LengthAt(bytes, at);
    name +=
      length === 0
        ? String.fromCharCode(surrogateBase + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return name;
}

export function nameToBytes(name: string): Buffer {
  if (!escaped.test(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const point of name) {
    const code = point.codePointAt(0) ?? 0;
    const isByte = code >= surrogateBase + 0x80 && code <= surrogateBase + 0xff;
    parts.push(isByte ? Buffer.from([code - surrogateBase]) : Buffer.from(point, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** False for a name that is not UTF-8: it is kept, but no JSON or URL can say it. */
export function isPlainName(name: string): boolean {
  return name.isWellFormed();
}

/** How many bytes the well-formed UTF-8 character at `at` takes; 0 when there is none. */
function utf8LengthAt(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++)
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  return 0;
}
