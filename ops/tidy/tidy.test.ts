/** The house rules that a machine can check, on the whole repository. Each rule is shown to fail in rules.test.ts. */
import { describe, expect, it } from 'vitest';
import { commandNames, createProgram } from '../cli/program.ts';
import { checkoutDirectory } from '../up/config.ts';
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
import { fileLength, fileLinesMax, fileLinesReported, functionLength } from './lengths.ts';
import { privatePaths } from './private-paths.ts';
import { rawTimeAndChance } from './raw-time.ts';
import { committedFiles, format, type SourceFile } from './source.ts';

const files = committedFiles(checkoutDirectory);

function file(path: string): SourceFile {
  const found = files.find((one) => one.path === path);
  if (!found) throw new Error(`${path} does not exist`);
  return found;
}

describe('the repository', () => {
  it('is seen whole by these rules', () => {
    expect(files.length).toBeGreaterThan(100);
  });

  it('imports in one direction', () => {
    expect(format(files.flatMap(importDirection))).toBe('');
  });

  it('has no file longer than the limit, and reports those that come near', () => {
    const near = files.flatMap((one) => fileLength(one, fileLinesReported));
    if (near.length > 0) console.log(`files to look at:\n${format(near)}`);
    expect(format(files.flatMap((one) => fileLength(one, fileLinesMax)))).toBe('');
  });

  it('has no function longer than a screen', () => {
    expect(format(files.flatMap(functionLength))).toBe('');
  });

  it('exports by name', () => {
    expect(format(files.flatMap(namedExports))).toBe('');
  });

  it('has no barrel files', () => {
    expect(format(files.flatMap(noBarrels))).toBe('');
  });

  it('touches the real clock, timers and randomness only in shells', () => {
    expect(format(files.flatMap(rawTimeAndChance))).toBe('');
  });

  it('has every command that its documents name', () => {
    const documents = files.filter(({ path }) => path.endsWith('.md') && path !== 'CHANGELOG.md');
    expect(format(documents.flatMap((one) => namedCommands(one, file('package.json').text)))).toBe('');
  });

  it('has every `cellbook …` that its documents tell', () => {
    const known = new Set(commandNames(createProgram()));
    expect(known.has('ws create')).toBe(true);
    const documents = files.filter(({ path }) => path.endsWith('.md') && path !== 'CHANGELOG.md');
    expect(format(documents.flatMap((one) => namedCellbook(one, known)))).toBe('');
  });

  it('has every test that ops/requirements.md and the README name', () => {
    const documents = [file('ops/requirements.md'), file('README.md')];
    expect(format(documents.flatMap((one) => namedTests(one, files)))).toBe('');
  });

  it('has everything that its documents link to, and every runbook in their contents', () => {
    const documents = files.filter(({ path }) => path.endsWith('.md'));
    expect(format(documents.flatMap((one) => links(one, files)))).toBe('');
    expect(format(listedPages(file('ops/runbooks/README.md'), files))).toBe('');
  });

  it('says of every dependency why it is there', () => {
    const manifests = files.filter(({ path }) => /(^|\/)package\.json$/.test(path));
    expect(format(explainedDependencies(file('ops/decisions/dependencies.md'), manifests))).toBe('');
  });

  it('names no path of the machine it was written on', () => {
    expect(format(files.flatMap(privatePaths))).toBe('');
  });
});
