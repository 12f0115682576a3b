import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeSection } from './config-routes.ts';

test('values replace, objects merge, null deletes, and what is left empty goes', () => {
  const section = { foo: 'bar', baz: 73, sub: { a: 6, b: 7 }, sub2: { c: 8 } };
  const change = { foo: null, baz: 75, wib: [1, 2, 3], sub: { a: 8, b: null, d: 9 }, sub2: { c: null } };
  expect(mergeSection(section, change)).toEqual({ baz: 75, wib: [1, 2, 3], sub: { a: 8, d: 9 } });
});

test('neither side is changed, and no key reaches an object’s prototype', () => {
  const section = Object.freeze({ a: Object.freeze({ b: 1 }) });
  const change = Object.freeze(JSON.parse('{"__proto__": {"polluted": 1}, "a": {"c": 2}}'));
  expect(mergeSection(section, change).a).toEqual({ b: 1, c: 2 });
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('merging the same change twice is merging it once', () => {
  const section = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue());
  fc.assert(
    fc.property(section, section, (before, change) => {
      const once = mergeSection(before, change);
      expect(mergeSection(once, change)).toEqual(once);
    }),
  );
});
