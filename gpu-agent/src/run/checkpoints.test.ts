import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attemptOf, runOrder } from '../testing/orders.ts';
import { Checkpoints } from './checkpoints.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cellbook-checkpoints-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('checkpoints', () => {
  it('that cannot be opened end nobody’s waiting for them', async () => {
    const checkpoint = join(directory, 'checkpoint');
    const checkpoints = new Checkpoints(
      runOrder(attemptOf(1)),
      { checkpoint, work: join(directory, 'is-not-there') },
      {
        objects: { upload: async () => ({ bytes: 0 }), download: async () => false },
        ...{ log: silentLogger, signal: new AbortController().signal },
        ...{ seen: () => undefined, stored: () => undefined },
      },
    );
    writeFileSync(checkpoint, 'saved');
    await checkpoints.look(1_000);
    await expect(checkpoints.settled()).resolves.toBeUndefined();
    expect(checkpoints.saved.checkpointKey).toBeNull();
  });
});
