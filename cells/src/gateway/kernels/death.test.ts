import { expect, test } from 'vitest';
import { explainKernelExit, explainSandboxExit, inWords } from './death.ts';

test('out of memory is said by name, with the limit and what the kernel held', () => {
  const exit = { reason: 'out_of_memory', memoryBytesMax: 2 ** 30, residentBytes: 900 * 2 ** 20 } as const;
  expect(explainKernelExit(exit)).toMatchObject({ name: 'OutOfMemory' });
  expect(explainKernelExit(exit).text).toMatch(/limit of 1\.0 GiB.*held 900 MiB/);
  expect(explainKernelExit(exit).text).toContain('other kernels are not');
  expect(explainSandboxExit({ reason: 'out_of_memory', memoryBytesMax: 2 ** 29 }).text).toMatch(
    /512 MiB.*all of its kernels were stopped/,
  );
});

test('an exit says its code or its signal, and that variables are lost', () => {
  expect(explainKernelExit({ reason: 'exited', exitCode: 3, signal: null }).text).toContain('with code 3');
  expect(explainKernelExit({ reason: 'exited', exitCode: null, signal: 11 }).text).toContain('by signal 11');
  expect(explainKernelExit(undefined).text).toContain('variables are lost');
});

test('a crash of the sandbox does not show its inner workings', () => {
  const crash = { reason: 'crashed', exitCode: 1, signal: null, stderrTail: 'secret path' } as const;
  expect(explainSandboxExit(crash).text).not.toContain('secret');
});

test('bytes are told in units people use', () => {
  expect(inWords(3.5 * 2 ** 30)).toBe('3.5 GiB');
  expect(inWords(100 * 2 ** 20)).toBe('100 MiB');
});
