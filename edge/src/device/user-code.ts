/**
 * The code that a person compares or types: eight letters of twenty (RFC 8628, 6.1: no vowels, so no words, and
 * nothing that looks like another letter), 34.6 bits. It is shown as `WDJB-MJHT`, and read in any case and with
 * any separators.
 */
import type { Random } from '@cellbook/shared/random.ts';

const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;

export const drawUserCode = (random: Random): string =>
  Array.from({ length }, () => letters[random.int(letters.length)]).join('');

export const showUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** Null for what can be no code. */
export function readUserCode(given: string): string | null {
  const code = given.toUpperCase().replace(/[^A-Z0-9]/g, '');
  return code.length === length && [...code].every((letter) => letters.includes(letter)) ? code : null;
}
