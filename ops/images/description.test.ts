import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { descriptionDigest, imageDescriptionSchema, readDescription } from './description.ts';

const path = join(import.meta.dirname, 'python.json');

describe('an image description', () => {
  it('has a digest that depends on what is in it and not on its order', async () => {
    const description = await readDescription(path);
    const digest = descriptionDigest(description, 'amd64');
    expect(
      descriptionDigest({ ...description, packages: [...description.packages].reverse() }, 'amd64'),
    ).toBe(digest);
    expect(
      descriptionDigest({ ...description, packages: [...description.packages, 'curl'] }, 'amd64'),
    ).not.toBe(digest);
    expect(descriptionDigest({ ...description, files: {} }, 'amd64')).not.toBe(digest);
    expect(descriptionDigest(description, 'arm64')).not.toBe(digest);
  });

  it('names the same root file system whatever its kernels import beforehand', async () => {
    const description = await readDescription(path);
    const golden = { kernelspec: 'python3', imports: ['math'] };
    expect(descriptionDigest({ ...description, golden }, 'amd64')).toBe(
      descriptionDigest(description, 'amd64'),
    );
  });

  it('is refused with names that could be taken for options or paths', async () => {
    const description = await readDescription(path);
    for (const change of [
      { packages: ['--hook=x'] },
      { name: '../x' },
      { files: { 'etc/x': '' } },
      { extra: 1 },
      { golden: { kernelspec: 'python3', imports: ['os; print(1)'] } },
    ])
      expect(imageDescriptionSchema.safeParse({ ...description, ...change }).success).toBe(false);
  });
});
