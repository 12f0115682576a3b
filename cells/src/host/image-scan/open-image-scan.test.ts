import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ScanPolicy } from './judge-scan.ts';
import { openImageScan } from './open-image-scan.ts';

const clock = new ManualClock(Date.parse('2026-11-20T12:00:00Z'));
const [digest, scannedAt] = ['e2b34137a7a117de', '2026-11-19T12:00:00.000Z'];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-image-scan-'));
  for (const name of ['image', 'host']) await mkdir(join(directory, name));
  const image = { formatVersion: 1, digest, name: 'python', kernelspecs: {} };
  await writeFile(join(directory, 'image/image.json'), JSON.stringify(image));
});
afterEach(() => rm(directory, { recursive: true }));

const keep = (scan: object) =>
  writeFile(join(directory, 'image/scan.json'), JSON.stringify({ image: digest, scannedAt, ...scan }));
const failed = { status: 'not_scanned', scanner: 's', why: 'no such host' };
const clean = { status: 'scanned', scanner: 's', findings: [] };

async function open(policy: ScanPolicy, imageDirectory: string | null = join(directory, 'image')) {
  const metrics = createMetrics();
  const hostDirectory = join(directory, 'host');
  const scan = await openImageScan({
    ...{ imageDirectory, policy, hostDirectory, metrics, clock, log: silentLogger },
  });
  const stateNow = async () =>
    [...(await metrics.render()).body.matchAll(/image_scan\{state="(\w+)"\} 1/g)].map(([, state]) => state);
  return { scan, stateNow };
}

test('that nothing was found out is told, and what is found out later within minutes', async () => {
  const { scan, stateNow } = await open('warn');
  expect(await stateNow()).toEqual(['never_scanned']);
  await keep(failed);
  await clock.advance(limits.host.imageScanLookMs);
  await expect.poll(stateNow).toEqual(['not_scanned']);
  await keep(clean);
  await clock.advance(limits.host.imageScanLookMs);
  await expect.poll(stateNow).toEqual(['clean']);
  scan.close();
});

test('where images are refused, a host does not start on one that it has not run before', async () => {
  await expect(open('refuse')).rejects.toMatchObject({ code: 'not_configured', ids: { image: digest } });
  await keep(failed);
  await expect(open('refuse')).rejects.toThrow('no such host');
  await keep(clean);
  (await open('refuse')).scan.close();
  // What it has run it comes back with, whatever was found out since: the alert says it.
  await keep(failed);
  const { scan, stateNow } = await open('refuse');
  expect(await stateNow()).toEqual(['not_scanned']);
  scan.close();
});

test('a note that is torn says of no image that it was run, and is made anew', async () => {
  const note = join(directory, 'host/images-run.json');
  await writeFile(note, '');
  (await open('warn')).scan.close();
  expect(JSON.parse(await readFile(note, 'utf8'))).toEqual([digest]);
  await writeFile(note, '["');
  await expect(open('refuse')).rejects.toMatchObject({ code: 'not_configured' });
});

test('a note that cannot be written keeps a host from starting only where it is asked for', async () => {
  await keep(clean);
  await mkdir(join(directory, 'host/images-run.json/taken'), { recursive: true });
  (await open('warn')).scan.close();
  await expect(open('refuse')).rejects.toMatchObject({ syscall: 'rename' });
});

test('a host without an image has nothing to scan', async () => {
  expect(await (await open('refuse', null)).stateNow()).toEqual([]);
});
