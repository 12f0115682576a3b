import { describe, expect, it } from 'vitest';
import { cpuFeatures } from './cpu-features.ts';
import { type SnapshotFingerprint, whyNotRestorable } from './fingerprint.ts';

const here: SnapshotFingerprint = {
  runtime: 'v1',
  platform: 'systrap',
  cpuFeatures: cpuFeatures('flags\t\t: fpu sse avx\n'),
  imageDigest: 'image',
};

describe('an image', () => {
  it('fits where all of it is the same', () => {
    expect(whyNotRestorable({ ...here }, here)).toBeNull();
  });

  it.each(['runtime', 'platform', 'cpuFeatures', 'imageDigest'] as const)(
    'does not fit with another %s, and says so',
    (field) => {
      expect(whyNotRestorable({ ...here, [field]: 'other' }, here)).toMatch(/image|features/);
    },
  );
});

describe('what processors can do', () => {
  it('does not depend on the order in which it is listed, nor on the other processors', () => {
    expect(cpuFeatures('processor: 0\nflags : avx fpu  sse\nflags : something')).toBe(here.cpuFeatures);
  });

  it('tells processors apart by a single feature', () => {
    expect(cpuFeatures('flags : avx fpu sse avx2')).not.toBe(here.cpuFeatures);
    expect(cpuFeatures('Features : fp asimd')).not.toBe(cpuFeatures('Features : fp'));
  });
});
