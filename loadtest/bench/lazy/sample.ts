/**
 * One sample: a suspended workspace of which no host has anything is resumed through the edge; measured from the call to
 * what the first cell of a notebook that is opened then printed. A second cell reads the first mebibyte of a large
 * file, which is compared with what was stored; what has come over the link by either is noted.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { round } from '../measure/statistics.ts';
import type { BenchPlatform } from '../platform/start.ts';
import { nowMs } from '../resume/notebook.ts';
import type { ResumeRecord } from '../resume/record.ts';
import { forgetMemory } from '../resume/rungs.ts';
import { type Steps, stepsOf } from '../resume/steps.ts';
import { firstCell, type Subject } from '../resume/subject.ts';
import { emptyHost } from './empty-host.ts';
import type { Link } from './link.ts';
import { readBytes, readFile } from './shape.ts';

export interface LazySample {
  /** As the platform names it. */
  taken: string;
  totalMs: number;
  steps: Steps;
  /** From the second cell's sending to what it printed. */
  readMs: number;
  fetchedBytes: { byFirstCell: number; byRead: number };
  load: number;
}

export interface Sampling {
  platform: BenchPlatform;
  record: ResumeRecord;
  subject: Subject;
  link: Link;
  /** Whether sandboxes are kept ready for anybody. */
  hasPool: boolean;
}

const readCell = `
import hashlib, os
print(hashlib.sha256(open(${JSON.stringify(readFile)}, 'rb').read(${readBytes})).hexdigest(), len(os.listdir('pictures')))`;

/** As cells/src/storage/testing/fill-volume.ts makes it. */
function storedDigest(): string {
  const key = createHash('sha256').update(readFile).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return createHash('sha256')
    .update(cipher.update(Buffer.alloc(readBytes)))
    .digest('hex');
}

export async function suspendAndForget({ platform, record, subject }: Sampling): Promise<void> {
  const { id, nudge } = subject;
  await subject.suspend();
  await record.settled(id, 'suspended');
  await forgetMemory({ id, nudge, bed: { record } });
  await emptyHost(platform, id);
}

/** It is suspended, and afterwards running. */
export async function sampleOf(sampling: Sampling): Promise<LazySample> {
  const { record, subject, link, hasPool } = sampling;
  const { id } = subject;
  if (hasPool) await record.poolReady();
  const before = await record.lastEntry(id);
  const fetchedBefore = (await link.carried()).downBytes;
  const load = round(loadavg()[0] ?? 0, 1);
  const calledAtMs = nowMs();
  await subject.resume();
  const notebook = await subject.openNotebook();
  const ran = await notebook.run(firstCell);
  const byFirstCell = (await link.carried()).downBytes - fetchedBefore;
  expectPrinted(ran.printed, '42\n');
  const read = await notebook.run(readCell);
  const byRead = (await link.carried()).downBytes - fetchedBefore;
  expectPrinted(read.printed, `${storedDigest()} 20\n`);
  await record.settled(id, 'running');
  const sample = {
    taken: await record.lastRung(id),
    totalMs: ran.arrivedAtMs - calledAtMs,
    steps: stepsOf(await record.entriesAfter(id, before), { calledAtMs, ...ran }),
    readMs: read.arrivedAtMs - read.sentAtMs,
    fetchedBytes: { byFirstCell, byRead },
    load,
  };
  await notebook.end();
  return sample;
}

function expectPrinted(printed: string, expected: string): void {
  if (printed !== expected) throw new Error(`the cell printed ${printed} where ${expected} was due`);
}
