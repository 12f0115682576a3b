/**
 * Which bytes a Range header asks for (RFC 9110, section 14). One range is answered; of several, and of a unit that is
 * not bytes, the whole is sent, as a server may. A range behind the end cannot be satisfied.
 */
export type Range = 'whole' | 'unsatisfiable' | { first: number; last: number };

export function rangeOf(header: string | undefined, bytes: number): Range {
  const match = header?.match(/^bytes=(\d{0,15})-(\d{0,15})$/);
  if (!match) return 'whole';
  const [from, to] = [match[1] ?? '', match[2] ?? ''];
  if (from === '' && to === '') return 'whole';
  if (from === '') return suffix(Number(to), bytes);
  const first = Number(from);
  const last = to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== '' && Number(to) < first) return 'whole';
  return first >= bytes ? 'unsatisfiable' : { first, last };
}

function suffix(count: number, bytes: number): Range {
  if (count === 0 || bytes === 0) return 'unsatisfiable';
  return { first: Math.max(0, bytes - count), last: bytes - 1 };
}
