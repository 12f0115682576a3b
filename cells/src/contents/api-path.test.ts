import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isHidden, pathFromApi, pathFromUrl, urlPath } from './api-path.ts';

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .filter((text) => !/[/\0]/.test(text) && !['.', '..'].includes(text) && !text.startsWith('.cellbook-'));

test('every path of names comes back from its URL and from its text', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (path) => {
      expect(pathFromUrl(urlPath(path))).toEqual(path);
      expect(pathFromApi(`//${path.join('//')}/`)).toEqual(path);
    }),
  );
});

test('whatever is decoded, nothing is a step up, a separator or a NUL; the rest is a typed refusal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.boolean(), (text, encoded) => {
      try {
        for (const part of pathFromUrl(encoded ? encodeURIComponent(text) : text)) {
          expect(part).not.toMatch(/[/\0]/);
          expect(['', '.', '..']).not.toContain(part);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'path_refused', next: expect.any(String) });
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ...['..', 'a/../b', '%2e%2e', '%2E%2e/a', 'a%2F..%2Fb', '.%2e', '..%2Fetc%2Fpasswd', '/../../etc', './a'],
  ...[
    '%00',
    'a%00.txt',
    '%',
    '%2',
    '%zz',
    '%FF',
    '%C0%AE%C0%AE',
    '%ED%A0%80',
    'x'.repeat(256),
    'é'.repeat(128),
  ],
])('refuses %j in a URL', (text) => {
  expect(() => pathFromUrl(text)).toThrow(expect.objectContaining({ code: 'path_refused' }));
});

test('decodes once: what was encoded twice is a name with a percent sign', () => {
  expect(pathFromUrl('%252e%252e')).toEqual(['%2e%2e']);
  expect(pathFromUrl('a%2Fb')).toEqual(['a', 'b']);
});

test('anything below a dotted folder is hidden', () => {
  expect(isHidden(['.git', 'config'])).toBe(true);
  expect(isHidden(['a', '.b'])).toBe(true);
  expect(isHidden(['a.b', 'c'])).toBe(false);
});
