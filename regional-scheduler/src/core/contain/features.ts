/**
 * What a request looks like, as names that nobody listed beforehand: its words, how long it is, what it is written
 * in, each parameter with its value and the power of two its value is near. Containment (classes.ts) looks for what
 * requests that hang have in common and others have not. Pure and bounded: the same request has the same features,
 * at most `featuresMax`, whoever works them out. Each begins with its kind and a colon.
 */
import { createHash } from 'node:crypto';
import { storableText } from '@cellbook/shared/storable.ts';

export interface FeaturedRequest {
  kind: string;
  binary: string;
  prompt: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** 24 words, 12 parameters at up to two names each would be 48: parameters give way to the bound by name. */
const wordsMax = 24;
const featuresMax = 40;
const charactersMax = 40;

export function featuresOf({ kind, binary, prompt, parameters }: FeaturedRequest): string[] {
  const text = prompt.normalize('NFKC').toLowerCase();
  const features = new Set([
    `binary:${binary}`,
    `kind:${kind}`,
    `length:${powerOfTwo(prompt.length)}`,
    ...scriptsOf(text),
    ...wordsOf(text).map((word) => `word:${word}`),
    ...Object.keys(parameters)
      .sort()
      .flatMap((name) => parameterFeatures(name, parameters[name])),
  ]);
  return [...features].slice(0, featuresMax);
}

/**
 * Of a long prompt not the first words but those whose digests are smallest: whichever word makes the binary hang is
 * then seen in every prompt of like length or in none, wherever in it it stands.
 */
function wordsOf(text: string): string[] {
  const words = [...new Set(text.match(/[\p{L}\p{N}]{2,}/gu) ?? [])].map((word) => cut(word));
  if (words.length <= wordsMax) return words;
  const digests = new Map(words.map((word) => [word, createHash('sha1').update(word).digest('hex')]));
  const digestOf = (word: string) => digests.get(word) ?? '';
  return words.sort((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1)).slice(0, wordsMax);
}

function scriptsOf(text: string): string[] {
  const found: string[] = [];
  if (/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(text)) found.push('script:other');
  if (/\p{Extended_Pictographic}/u.test(text)) found.push('script:emoji');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u0008\u000b-\u001f]/.test(text)) found.push('script:control');
  if (/(.{3,})\1{4,}/su.test(text.slice(0, 2000))) found.push('script:repeated');
  return found;
}

function parameterFeatures(name: string, value: unknown): string[] {
  const key = cut(name);
  if (typeof value === 'number' && Number.isFinite(value)) {
    // Seeds and the like: a value that nobody else has says nothing.
    const exact = Math.abs(value) < 100_000 ? [`${key}:${value}`] : [];
    return [...exact, `${key}~${powerOfTwo(Math.abs(value))}`];
  }
  if (typeof value === 'boolean') return [`${key}:${value}`];
  if (typeof value === 'string') return [`${key}:${cut(value)}`];
  if (Array.isArray(value)) return [`${key}#${powerOfTwo(value.length)}`];
  return value === null || value === undefined ? [] : [`${key}:{}`];
}

/**
 * Without NUL and half characters, also where it is cut through one: the record holds neither. Nor what pairs of
 * features are written with (classes.ts).
 */
const cut = (text: string): string => storableText(text.slice(0, charactersMax)).replaceAll(' & ', '&');

/** The largest power of two that is not larger; 0 for less than one. */
function powerOfTwo(value: number): number {
  return value < 1 ? 0 : 2 ** Math.floor(Math.log2(value));
}
