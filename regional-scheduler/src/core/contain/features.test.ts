import { describe, expect, it } from 'vitest';
import { featuresOf } from './features.ts';

const of = (prompt: string, parameters: Record<string, unknown> = {}) =>
  featuresOf({ kind: 'video', binary: 'renderer', prompt, parameters });

describe('the features of a request', () => {
  it('are its words, its size, and its parameters with their values and magnitudes', () => {
    expect(
      of('A FRACTAL of fractal mirrors', { steps: 50, seed: 123_456_789, upscale: true, loras: ['a', 'b'] }),
    ).toEqual([
      'binary:renderer',
      'kind:video',
      'length:16',
      'word:fractal',
      'word:of',
      'word:mirrors',
      'loras#2',
      'seed~67108864',
      'steps:50',
      'steps~32',
      'upscale:true',
    ]);
  });

  it('tell other scripts, emoji, control characters and endless repetition apart', () => {
    expect(of('Привет')).toContain('script:other');
    expect(of('a cat 🐈')).toContain('script:emoji');
    expect(of('a\u0007b')).toContain('script:control');
    expect(of('spin spin spin spin spin spin ')).toContain('script:repeated');
    expect(of('a plain prompt').filter((one) => one.startsWith('script:'))).toEqual([]);
  });

  it('are whole characters, also where a word, a name or a value is cut', () => {
    const long = `${'x'.repeat(39)}𝒳𝒳`;
    for (const feature of of(long, { [long]: long, nul: 'a\0b' }))
      expect([feature, feature.isWellFormed(), feature.includes('\0')]).toEqual([feature, true, false]);
  });

  it('are bounded whatever comes, and of a long prompt the same words wherever they stand', () => {
    const words = Array.from({ length: 500 }, (_, at) => `w${at}`);
    const parameters = Object.fromEntries(words.map((word) => [word, 'x'.repeat(1000)]));
    const forwards = of(words.join(' '), parameters);
    expect(forwards.length).toBeLessThanOrEqual(40);
    expect(Math.max(...forwards.map((one) => one.length))).toBeLessThan(90);
    expect(of(words.reverse().join(' '), parameters)).toEqual(forwards);
  });
});
