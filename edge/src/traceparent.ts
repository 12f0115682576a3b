import type { Random } from '@cellbook/shared/random.ts';

/** W3C Trace Context: the caller's trace goes on under a span of the edge's own; a malformed one is replaced. */
export function traceparent(incoming: string | null, random: Random): string {
  const parsed = /^[0-9a-e][0-9a-f]-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/.exec(incoming ?? '');
  const trace = parsed?.[1] && !/^0+$/.test(parsed[1]) ? parsed[1] : hex(random.bytes(16));
  return `00-${trace}-${hex(random.bytes(8))}-${parsed?.[2] ?? '01'}`;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
