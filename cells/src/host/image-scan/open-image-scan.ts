/**
 * Looks at what is known against this host's image, at its start and every few minutes, and tells operators by metrics
 * and log. Where the policy refuses an image that this host has not run before, the host does not start with it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { z } from 'zod';
import { repeatEvery } from '../../repeat.ts';
import { readImage } from '../../sandbox/image.ts';
import { errnoOf } from '../../storage/live/errno.ts';
import {
  grades,
  type ImageVerdict,
  judgeScan,
  type KeptScan,
  keptScanSchema,
  type ScanPolicy,
  scanStates,
} from './judge-scan.ts';

export interface ImageScanDeps {
  /** Null where sandboxes see the host itself: there is nothing to scan. */
  imageDirectory: string | null;
  policy: ScanPolicy;
  /** Where this host notes which images it has run; it exists. */
  hostDirectory: string;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
}

export interface ImageScan {
  close(): void;
}

/** Throws `not_configured` where the policy refuses the image. */
export async function openImageScan(deps: ImageScanDeps): Promise<ImageScan> {
  const { imageDirectory, clock, log } = deps;
  const tell = tellBy(deps);
  if (imageDirectory === null) return { close: () => {} };
  const { digest } = await readImage(imageDirectory);
  const look = async () => tell(await verdictOf(deps, imageDirectory, digest));
  const verdict = await look();
  const ran = await imagesRun(deps.hostDirectory);
  if (!verdict.mayRollOut && !ran.includes(digest)) throw refused(digest, verdict);
  if (!ran.includes(digest)) await noteRun(deps, [...ran, digest]);
  const looking = repeatEvery(clock, limits.host.imageScanLookMs, look, log);
  return { close: () => looking.cancel() };
}

async function verdictOf(
  { policy, clock, log }: ImageScanDeps,
  imageDirectory: string,
  image: string,
): Promise<ImageVerdict> {
  const scan = await readScan(join(imageDirectory, 'scan.json')).catch((error: unknown) => {
    log.warn({ err: error }, 'what a scan of the image has left cannot be read');
    return null;
  });
  return judgeScan(scan, { image, nowMs: clock.nowMs(), policy });
}

async function readScan(path: string): Promise<KeptScan | null> {
  try {
    return keptScanSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Says a state once, until it is another. */
function tellBy({ metrics, log }: ImageScanDeps): (verdict: ImageVerdict) => ImageVerdict {
  const states = metrics.gauge(
    'cellbook_host_image_scan',
    '1 for what is known against the image of this host.',
    ['state'],
  );
  const findings = metrics.gauge(
    'cellbook_host_image_vulnerabilities',
    'Known in the image of this host, by how grave they are.',
    ['grade'],
  );
  for (const state of scanStates) states.set({ state }, 0);
  for (const grade of grades) findings.set({ grade }, 0);
  let said = '';
  return (verdict) => {
    for (const state of scanStates) states.set({ state }, state === verdict.state ? 1 : 0);
    for (const grade of grades) findings.set({ grade }, verdict.findings[grade]);
    if (said === verdict.why) return verdict;
    said = verdict.why;
    const { state, why, findings: found } = verdict;
    if (state === 'clean') log.info({ state }, 'the image of this host was scanned');
    else
      log.warn({ state, why, findings: found }, 'the image of this host: ops/runbooks/alerts/image-scan.md');
    return verdict;
  };
}

const ranFile = (hostDirectory: string) => join(hostDirectory, 'images-run.json');

/** What cannot be read says of no image that it has run: then it is scanned, or not started. */
async function imagesRun(hostDirectory: string): Promise<string[]> {
  try {
    return z.array(z.string()).parse(JSON.parse(await readFile(ranFile(hostDirectory), 'utf8')));
  } catch {
    return [];
  }
}

/** Where every image may run nobody asks for the note, and a host starts without it. */
async function noteRun({ hostDirectory, policy, log }: ImageScanDeps, digests: string[]): Promise<void> {
  const path = ranFile(hostDirectory);
  const draft = `${path}.draft`;
  try {
    await writeFile(draft, JSON.stringify(digests.slice(-limits.host.imagesRunMax)), { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    if (policy === 'refuse') throw error;
    log.warn({ err: error, path }, 'which images this host has run cannot be noted');
  }
}

const refused = (image: string, { state, why }: ImageVerdict): CellbookError =>
  new CellbookError('not_configured', {
    doing: `starting with the sandbox image ${image}`,
    problem: `it is ${state.replace('_', ' ')} (${why}), and CELLBOOK_IMAGE_SCAN=refuse rolls out none of which that is all that is known`,
    next: 'Scan it (`npm run scan`, without a way out `-- --offline`), start with the image before it, or set CELLBOOK_IMAGE_SCAN=warn.',
    ids: { image },
  });
