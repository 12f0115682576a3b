import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attemptOf, runOrder } from '../testing/orders.ts';
import type { Binary } from './binaries.ts';
import { JobFolder } from './job-folder.ts';
import { bootId } from './processes.ts';
import { Unfinished } from './unfinished.ts';

let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'cellbook-unfinished-'));
});
afterEach(() => rmSync(dataDirectory, { recursive: true }));

const renderer: Binary = {
  ...{ name: 'video-renderer', version: '1', directory: '/', result: 'video.mp4' },
  ...{ command: ['true'], needs: [], check: [], checkpoints: true, checkpointEveryMs: 1_000 },
  ...{ memoryMibMax: 1_024, silenceMsMax: null, noProgressMsMax: 1_000 },
};

/** It had crashed, and had a checkpoint on its way, when its agent died in that boot. */
async function uploadsOf(boot: string): Promise<string[]> {
  const order = runOrder(attemptOf(1));
  const { attemptId, jobId, epoch } = order;
  const folder = new JobFolder(dataDirectory, attemptId);
  folder.make(order, null);
  writeFileSync(folder.checkpoint, 'saved');
  const saved = { savedMs: 0, checkpointKey: null, progress: null, logTail: '', memoryMibMax: 0 };
  const record = {
    ...{ order, leader: null },
    report: { attemptId, jobId, epoch, state: { phase: 'stopping' as const }, ranMs: 1, ...saved },
    end: { exitCode: 1, signal: 0, outOfMemory: false, fault: null, stopped: null },
    checkpoint: { number: 1, savedMs: 1_000, signature: 'of then', bootId: boot },
  };
  const keys: string[] = [];
  const upload = async (key: string) => {
    keys.push(key);
    return { bytes: 5 };
  };
  const unfinished = new Unfinished(
    { record, folder, uid: null },
    {
      ...{ log: silentLogger, offline: true, changed: () => undefined },
      binaries: { names: [], lacking: [], find: () => renderer },
      objects: { upload, download: async () => false },
    },
  );
  unfinished.goOn();
  await unfinished.run();
  expect(unfinished.report().state).toMatchObject({ phase: 'ended', outcome: { class: 'crashed' } });
  return keys;
}

it('a checkpoint that was on its way is brought away, but not after the host has started anew: nobody had waited for the disk', async () => {
  expect(await uploadsOf(bootId())).toHaveLength(1);
  expect(await uploadsOf('of another boot')).toEqual([]);
});
