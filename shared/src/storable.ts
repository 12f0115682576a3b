/**
 * What Postgres can keep of a value that came as JSON. A jsonb holds neither NUL nor half a character, and writes a
 * number out in full: `1e308` is 309 digits when it is read back. Looked at without recursion: what nests deeper than
 * a stack is somebody's try at ours.
 */
import { limits } from './limits.ts';

export interface Unstorable {
  path: PropertyKey[];
  problem: string;
}

/** Null: all of it can be kept. */
export function whyNotStorable(whole: unknown): Unstorable | null {
  const left: { path: PropertyKey[]; value: unknown }[] = [{ path: [], value: whole }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { path, value } = next;
    const problem = path.length > limits.jobs.nestingMax ? tooDeep : problemOf(value);
    if (problem) return { path: path.slice(0, pathShownMax), problem };
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, held] of Object.entries(value)) {
      const keyProblem = problemOf(name);
      if (keyProblem) return { path, problem: `a name in it: ${keyProblem}` };
      left.push({ path: [...path, Array.isArray(value) ? Number(name) : name], value: held });
    }
  }
  return null;
}

const pathShownMax = 16;
const tooDeep = `it nests deeper than ${limits.jobs.nestingMax} levels`;

function problemOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (value.includes('\0')) return 'it holds the character NUL (\\u0000), which no text may';
  return value.isWellFormed() ? null : 'it holds half a character (a surrogate without its other half)';
}

/** As JSON whose numbers are written out in full. */
export function storedBytesOf(whole: unknown): number {
  let digits = 0;
  const left: unknown[] = [whole];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'number' && Number.isFinite(value)) digits += inFull(value) - `${value}`.length;
    else if (typeof value === 'object' && value !== null)
      for (const held of Object.values(value)) left.push(held);
  }
  return new TextEncoder().encode(JSON.stringify(whole)).length + digits;
}

function inFull(value: number): number {
  const [mantissa = '', exponent] = `${value}`.split('e');
  return exponent === undefined ? mantissa.length : mantissa.length + Math.abs(Number(exponent));
}

/** The text as it can be kept: without NUL, and a mark for each half character. */
export const storableText = (text: string): string => text.replaceAll('\0', '').toWellFormed();

/** The same of every text and name in a value, as JSON. */
export const storableJson = (whole: unknown): string =>
  JSON.stringify(whole, (_name, value: unknown) => {
    if (typeof value === 'string') return storableText(value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [storableText(name), held]));
  });
