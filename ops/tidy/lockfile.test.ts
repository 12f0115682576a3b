import { expect, it } from 'vitest';
import { completed, type Lock, missingOptional, readLock } from './lockfile.ts';

it('the lockfile names what every package has for other platforms: `npm ci` refuses it otherwise (node ops/tidy/lockfile.ts)', () => {
  expect(missingOptional(readLock())).toEqual([]);
});

it('what is missing is named with its platform, and nothing else changes', () => {
  const tool = {
    version: '1.0.0',
    optionalDependencies: { 'tool-linux-x64-musl': '1.0.0', 'tool-here': '1.0.0' },
  };
  const packages = {
    '': {},
    'node_modules/tool': tool,
    'node_modules/tool-here': { version: '1.0.0', integrity: 'sha512-x' },
    'node_modules/other/node_modules/tool': { ...tool, dev: true },
  };
  const lock: Lock = { lockfileVersion: 3, packages };
  expect(missingOptional(lock).map(({ of }) => of)).toEqual([
    'node_modules/tool',
    'node_modules/other/node_modules/tool',
  ]);
  expect(completed(lock)).toEqual({
    lockfileVersion: 3,
    packages: {
      ...packages,
      'node_modules/tool-linux-x64-musl': {
        ...{ version: '1.0.0', os: ['linux'], cpu: ['x64'], libc: ['musl'], optional: true, dev: true },
      },
    },
  });
});
