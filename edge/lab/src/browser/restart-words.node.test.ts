import { expect, test } from 'vitest';
import { restartWords } from './restart-words.ts';

test('a death is told with the reason that was recorded', () => {
  const reason = 'Out of memory: the limit of 1.0 GiB was reached.';
  expect(restartWords('a.ipynb', reason)).toEqual({
    isDeath: true,
    title: 'The kernel of a.ipynb ended',
    text: reason,
  });
});

test.each([null, ''])(
  'a planned suspend (reason %o) is no death, and says what is kept and what is not',
  (reason) => {
    const words = restartWords('a.ipynb', reason);
    expect(words.isDeath).toBe(false);
    expect(words.text).toContain('files and outputs are kept, the variables of a.ipynb are not');
    expect(restartWords('n'.repeat(50), reason).text.length).toBeLessThanOrEqual(140);
  },
);
