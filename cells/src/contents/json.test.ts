import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asNumber, parseJson, writeSorted } from './json.ts';
import { joinLines, splitIntoLines, splitLines } from './notebook/lines.ts';

test.each([
  '1.0',
  '-0',
  '-0.0',
  '1e5',
  '1E+5',
  '12345678901234567890',
  '0.1000',
  '1e400',
  '3.141592653589793238',
])('the number %s is written as it was read, wherever it stands', (number) => {
  for (const text of [number, `[${number},1]`, `{"a":${number}}`, `{"a":[{"b":${number} }]}`]) {
    expect(JSON.stringify(parseJson(text))).toBe(text.replace(' ', ''));
    expect(writeSorted(parseJson(text)).replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  }
  expect(asNumber(parseJson(number))).toBe(Number(number));
});

test('any JSON comes back from its sorted text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.parse(writeSorted(parseJson(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test('a key named __proto__ is a key', () => {
  expect(writeSorted(parseJson('{"b":1,"__proto__":{"a":2}}'))).toBe(
    '{\n "__proto__": {\n  "a": 2\n },\n "b": 1\n}',
  );
});

test('text comes back from its lines, each with its own end', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\r\n', '\u2028', 'é') }), (text) => {
      expect(splitLines(text).join('')).toBe(text);
      const notebook = { cells: [{ source: text, outputs: [{ output_type: 'stream', text }] }] };
      expect(joinLines(splitIntoLines(notebook))).toEqual(
        text === '' ? { cells: [{ source: '', outputs: [{ output_type: 'stream', text: '' }] }] } : notebook,
      );
    }),
  );
  expect(splitLines('a\r\nb\rc\n\nd')).toEqual(['a\r\n', 'b\r', 'c\n', '\n', 'd']);
  expect(splitLines('')).toEqual([]);
});
