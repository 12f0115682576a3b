import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { drawUserCode, readUserCode, showUserCode } from './user-code.ts';

test('a code is read back in any case and with any separators, as it was drawn', () => {
  const random = seededRandom(1);
  for (let draw = 0; draw < 100; draw++) {
    const code = drawUserCode(random);
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
    expect(readUserCode(showUserCode(code))).toBe(code);
    expect(readUserCode(` ${code.toLowerCase().split('').join(' ')}\n`)).toBe(code);
  }
});

test.each(['', 'WDJB-MJH', 'WDJB-MJHTT', 'ADJB-MJHT', 'WDJB-MJH1', "WDJB' OR"])(
  '%s can be no code',
  (text) => {
    expect(readUserCode(text)).toBe(null);
  },
);
