/** Each rule of the house finds what it is for, and leaves alone what it should. */
import { describe, expect, it } from 'vitest';
import {
  explainedDependencies,
  links,
  listedPages,
  namedCellbook,
  namedCommands,
  namedTests,
} from './documents.ts';
import { namedExports, noBarrels } from './exports.ts';
import { importDirection } from './imports.ts';
import { fileLength, functionLength, functionLinesMax } from './lengths.ts';
import { privatePaths } from './private-paths.ts';
import { rawTimeAndChance } from './raw-time.ts';

const at = (path: string, text: string) => ({ path, text });

describe('import direction', () => {
  it.each([
    ['cells/src/a.ts', `import { b } from '../../edge/src/b.ts';`],
    ['edge/src/a.ts', `import { b } from '@cellbook/cells/src/b.ts';`],
    ['shared/src/a.ts', `import { b } from '../../ops/up/b.ts';`],
    ['cells/src/a.ts', `const b = await import('../../ops/up/b.ts');`],
    ['cells/src/a.ts', `import { useTestDatabase } from '@cellbook/ops/test/database.ts';`],
    ['cells/src/a.test.ts', `import { startPlatform } from '../../ops/up/platform.ts';`],
  ])('refuses in %s: %s', (path, text) => expect(importDirection(at(path, text))).toHaveLength(1));

  it.each([
    ['cells/src/a/b.ts', `import { c } from '../c.ts';\nimport { d } from '@cellbook/shared/d.ts';`],
    ['cells/src/a.test.ts', `import { useTestDatabase } from '@cellbook/ops/test/database.ts';`],
    ['edge/src/a.ts', `import { Hono } from 'hono';`],
  ])('allows in %s: %s', (path, text) => expect(importDirection(at(path, text))).toEqual([]));
});

describe('lengths', () => {
  const body = (lines: number) => '  work();\n'.repeat(lines);

  it('finds a file and a function over the limit', () => {
    const text = `export function long(): void {\n${body(functionLinesMax)}}\n`;
    expect(fileLength(at('cells/src/a.ts', text), 50)).toHaveLength(1);
    expect(functionLength(at('cells/src/a.ts', text))).toHaveLength(1);
    expect(
      functionLength(at('cells/src/a.ts', `const long = async () => {\n${body(functionLinesMax)}};\n`)),
    ).toHaveLength(1);
    expect(
      functionLength(at('cells/src/a.ts', `function long(\n  a: A,\n): B {\n${body(functionLinesMax)}}\n`)),
    ).toHaveLength(1);
  });

  it('counts the lines of inner functions for them alone', () => {
    const inner = `  function inner(): void {\n${body(functionLinesMax - 5)}  }\n`;
    expect(
      functionLength(at('cells/src/a.ts', `export function outer(): void {\n${inner}${inner}}\n`)),
    ).toEqual([]);
  });

  it('leaves tests and blocks that are no functions alone', () => {
    expect(functionLength(at('a.test.ts', `describe('a', () => {\n${body(200)}});\n`))).toEqual([]);
    expect(
      functionLength(at('a.ts', `export const limits = {\n${body(200)}};\nif (a) {\n${body(200)}}\n`)),
    ).toEqual([]);
  });
});

describe('exports', () => {
  it('refuses a default export where no tool asks for one', () => {
    expect(namedExports(at('cells/src/a.ts', 'export default function a() {}'))).toHaveLength(1);
    expect(namedExports(at('vitest.config.ts', 'export default {}'))).toEqual([]);
    expect(namedExports(at('cells/src/a.ts', 'export function a() {}'))).toEqual([]);
  });

  it.each([
    `export * from './a.ts';`,
    `/** All. */\nexport { a } from './a.ts';\nexport type { B } from './b.ts';`,
  ])('refuses the barrel: %s', (text) => {
    expect(noBarrels(at('cells/src/index.ts', text))).toHaveLength(1);
    expect(noBarrels(at('shared/src/protocol/index.ts', text))).toEqual([]);
  });

  it('allows a file that passes one name on beside its own work', () => {
    expect(
      noBarrels(at('a.ts', `export type { Logger };\nexport { a } from './a.ts';\nconst b = 1;`)),
    ).toEqual([]);
  });
});

describe('time and chance', () => {
  it.each([
    'const now = Date.now();',
    'const now = new Date();',
    'setTimeout(work, 5);',
    'const roll = Math.random();',
    'const id = crypto.randomUUID();',
    `import { setTimeout as sleep } from 'node:timers/promises';`,
  ])('refuses outside shells: %s', (text) => {
    expect(rawTimeAndChance(at('cells/src/a.ts', text))).toHaveLength(1);
    expect(rawTimeAndChance(at('cells/src/main.ts', text))).toEqual([]);
    expect(rawTimeAndChance(at('cells/src/a.test.ts', text))).toEqual([]);
  });

  it.each([
    'socket.setTimeout(5);',
    'new Date(row.createdAt)',
    '// never Date.now() here',
    'clock.setTimer(5, work)',
  ])('allows: %s', (text) => expect(rawTimeAndChance(at('cells/src/a.ts', text))).toEqual([]));
});

describe('documents', () => {
  const manifest = JSON.stringify({ scripts: { start: 'x', demo: 'x' }, dependencies: { hono: '4' } });

  it('may name only commands that exist', () => {
    expect(
      namedCommands(at('README.md', 'Run `npm start`, then `npm run demo -- --json`.'), manifest),
    ).toEqual([]);
    expect(namedCommands(at('README.md', 'Run `npm test`, then `npm run deploy`.'), manifest)).toHaveLength(
      2,
    );
  });

  it('may tell only commands of the command line that exist', () => {
    const known = new Set(['login', 'ws create']);
    const block = (text: string) => namedCellbook(at('README.md', `\`\`\`sh\n${text}\n\`\`\`\n`), known);
    expect(
      block('cellbook login --url x\nnpm run -s cellbook -- ws create mine | jq\ncellbook --help'),
    ).toEqual([]);
    expect(block('cellbook ws make it; cellbook deploy\necho | cellbook logout')).toHaveLength(3);
    expect(namedCellbook(at('README.md', 'what a cellbook would be'), known)).toEqual([]);
  });

  it('may name only tests that exist', () => {
    const files = [at('cells/src/a.test.ts', `it('refuses an older epoch’s claim', …)`)];
    const named = (text: string) => namedTests(at('ops/requirements.md', text), files);
    expect(
      named(`\`cells/src/a.test.ts\` and \`cells/src/a.test.ts › refuses an older epoch's claim\``),
    ).toEqual([]);
    expect(named('`cells/src/b.test.ts`')).toHaveLength(1);
    expect(named('`cells/src/a.test.ts › accepts everything`')).toHaveLength(1);
  });

  it('may link only to what is there, from where it lies itself', () => {
    const files = [at('ops/a.md', ''), at('ops/alerts/b.md', ''), at('edge/README.md', '')];
    const linking = (text: string) => links(at('ops/alerts/b.md', text), files);
    expect(linking('[a](../a.md#part), [alerts](../alerts), [away](https://a.example), [here](#b)')).toEqual(
      [],
    );
    expect(linking('[a](a.md)')).toHaveLength(1);
    expect(linking('[the edge](../../edge/src/README.md)')).toHaveLength(1);
  });

  it('lists every page beside it, where it is a page of contents', () => {
    const files = [
      at('ops/README.md', ''),
      at('ops/a.md', ''),
      at('ops/alerts/b.md', ''),
      at('ops/c.ts', ''),
    ];
    expect(listedPages(at('ops/README.md', '[a](a.md)'), files)).toEqual([]);
    expect(listedPages(at('ops/README.md', ''), files)).toHaveLength(1);
  });

  it('must explain each dependency', () => {
    const explained = (text: string) =>
      explainedDependencies(at('dependencies.md', text), [at('edge/package.json', manifest)]);
    expect(explained('- `hono`: the router of the edge')).toEqual([]);
    expect(explained('- `honolulu`: something else')).toHaveLength(1);
  });
});

describe('private paths', () => {
  const own = (place: string) => `see ${['', place, 'notes.md'].join('/')}`;

  it.each(['work', 'root', 'home/alice', 'Users/alice'])('refuses a path below /%s', (place) => {
    expect(privatePaths(at('README.md', own(place)))).toHaveLength(1);
  });

  it('allows the place of the files inside a sandbox, and words that only look alike', () => {
    expect(privatePaths(at('a.ts', `cd('${own('home/user').slice(4)}'); get('${'/api/work'}/1')`))).toEqual(
      [],
    );
  });
});
