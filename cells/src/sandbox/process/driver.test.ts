import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeDriver } from '../driver.conformance.ts';
import { Harness } from '../testing/harness.ts';

describeDriver('process');

test('a driver that keeps no memory says so', async () => {
  const harness = await Harness.create('process');
  expect([harness.driver.snapshots, harness.driver.pool]).toEqual([null, null]);
  await harness.close();
});

test('a process sandbox keeps its temporary files to itself and leaves none', {
  timeout: 120_000,
}, async () => {
  const harness = await Harness.create('process');
  try {
    const spec = await harness.spec();
    const temporary = join(tmpdir(), `cellbook-${spec.sandboxId}`);
    const sandbox = await harness.driver.start(spec, new AbortController().signal);
    const argv = ['/usr/bin/python3', '-c', 'import tempfile; print(tempfile.mkdtemp())'];
    const made = await sandbox.link.run({ argv, directory: '', timeoutMs: 20_000, outputBytesMax: 1_000 });
    expect(made.stdout.toString().startsWith(`${temporary}/`)).toBe(true);
    expect(existsSync(temporary)).toBe(true);
    await harness.driver.destroy(spec.sandboxId);
    expect(existsSync(temporary)).toBe(false);
  } finally {
    await harness.close();
  }
});
