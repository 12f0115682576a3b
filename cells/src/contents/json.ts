/**
 * JSON that comes back as it was. JavaScript's numbers lose `1.0`, integers above 2⁵³ and some floats; a
 * notebook's outputs hold such, and saving it must not change them. A number that would not be written as it
 * was read is kept as its text (`JSON.rawJSON`). Reading that way costs several times plain parsing, so it is
 * done only where the text holds such a number.
 */

declare global {
  /** In V8 since 2023 (the proposal "JSON.parse source text access"); TypeScript's library lacks it. */
  interface JSON {
    rawJSON(text: string): object;
    isRawJSON(value: unknown): value is object;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/** Long integers, a point with a closing zero, exponents, minus zero; may also match inside strings. */
const delicateNumber =
  /(?:^|[[:,\s])-?(?:\d{16,}|\d+\.\d*0(?=[,\s\]}]|$)|\d+\.\d{15,}|\d[\d.]*[eE][-+]?\d)|-0(?=[,\s\]}]|$)/;

export function parseJson(text: string): unknown {
  if (!delicateNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key: string, value: unknown, { source }: { source?: string }) => {
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return JSON.rawJSON(source);
  });
}

/** A number, also one that is kept as text. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return JSON.isRawJSON(value) ? Number(JSON.stringify(value)) : null;
}

export type JsonObject = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** Keys sorted, one space of indent: how nbformat writes. No newline at the end. */
export function writeSorted(value: unknown, indent = ''): string {
  const deeper = `${indent} `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item) => deeper + writeSorted(item, deeper));
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (keys.length === 0) return '{}';
  const members = keys
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => `${deeper}${JSON.stringify(key)}: ${writeSorted(value[key], deeper)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}
