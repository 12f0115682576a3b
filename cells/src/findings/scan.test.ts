import { describe, expect, it } from 'vitest';
import { hintOf } from './hint.ts';
import { planted } from './planted.ts';
import { scanFile } from './scan.ts';

const token = planted.find(({ kind }) => kind === 'GitHub token')?.credential ?? '';
const bytesOf = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const scan = (path: string, value: unknown) => scanFile({ path, bytes: bytesOf(value) });

/** What the rules do not know, or cannot tell from any other text. The docs say so. */
const missed = new Set(['EC private key', 'password in code']);

describe('looking for credentials', () => {
  it.each(planted.filter(({ kind }) => !missed.has(kind)))('finds a $kind', async ({ code, credential }) => {
    const found = await scan('notes.py', `import os\n\n${code}\n`);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatchObject({ part: 'text', line: 3 });
    expect(JSON.stringify(found)).not.toContain(credential.slice(0, 16));
  });

  it('says in which cell, in which part of it and on which line of a notebook', async () => {
    const notebook = {
      metadata: { papermill: { parameters: { key: token } } },
      cells: [
        { cell_type: 'markdown', source: ['# nothing\n', 'here'] },
        { cell_type: 'code', source: ['import os\n', `t = "${token}"\n`], outputs: [] },
        {
          cell_type: 'code',
          source: 'print(t)',
          outputs: [
            { output_type: 'stream', name: 'stdout', text: ['first\n', 'second\n', `${token}\n`] },
            { output_type: 'execute_result', data: { 'text/plain': `'${token}'`, 'image/png': token } },
            {
              output_type: 'error',
              evalue: 'no',
              traceback: ['\u001b[31mone\u001b[0m', `bad \u001b[1m${token}`],
            },
          ],
        },
      ],
    };
    const found = await scan('a.ipynb', notebook);
    const places = found.map(({ cell, part, line }) => [cell, part, line]);
    expect(places).toEqual(
      [
        [null, 'metadata', 4],
        [1, 'source', 2],
        [2, 'output', 3],
        [2, 'output', 1],
        [2, 'output', 3],
      ].filter((place, index, all) => all.findIndex((other) => `${other}` === `${place}`) === index),
    );
    expect(found.every(({ rule }) => rule === 'github/GITHUB_TOKEN')).toBe(true);
  });

  it('finds a key whose lines a notebook keeps apart', async () => {
    const { credential } = planted.find(({ kind }) => kind === 'private key') ?? { credential: '' };
    const source = credential.split('\n').map((line) => `${line}\n`);
    expect(await scan('a.ipynb', { cells: [{ cell_type: 'code', source }] })).toMatchObject([
      { rule: 'privatekey/PrivateKey', cell: 0, part: 'source', line: 1 },
    ]);
  });

  it('takes a notebook that does not parse as text, and what is no text as nothing', async () => {
    expect(await scan('broken.ipynb', `{"cells": [ "${token}`)).toMatchObject([{ part: 'text', line: 1 }]);
    expect(
      await scanFile({ path: 'a.bin', bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), bytesOf(token)]) }),
    ).toEqual([]);
    for (const odd of [[], null, { cells: [1, null, { outputs: [null] }] }, { cells: {} }, ''])
      expect(await scan('odd.ipynb', odd)).toEqual([]);
  });

  it('leaves ordinary code, hashes and references to the environment alone', async () => {
    const code = [
      'import hashlib, os, uuid',
      'key = os.environ["GITHUB_TOKEN"]',
      'digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
      'run = "0f8fad5b-d9cb-469f-a165-70867728950e"',
      'token = "your-token-here"',
    ];
    expect(await scan('a.py', code.join('\n'))).toEqual([]);
  });

  it('says at most fifty times what one file has', async () => {
    const lines = Array.from({ length: 200 }, () => `t = "${token}"`);
    expect(await scan('many.py', lines.join('\n'))).toHaveLength(50);
  });
});

it('a hint is the public prefix of a kind and a length, and nothing where there is no such prefix', () => {
  expect(hintOf(token)).toBe('ghp_… (40 characters)');
  expect(hintOf('correct horse')).toBe('… (13 characters)');
});
