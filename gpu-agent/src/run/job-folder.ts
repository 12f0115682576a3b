/**
 * What an attempt leaves on disk, so that the agent's successor knows of it: intent before anything starts, who runs,
 * what was saved, how it ended. It goes when the scheduler has its end on record.
 *
 *     attempts/<attempt>/record.json   written beside and renamed
 *                        work/         the program's own: job.json, out/, checkpoint, tmp/
 */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AttemptId, attemptIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  attemptReportSchema,
  type RunOrder,
  runOrderSchema,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { z } from 'zod';
import { seenCheckpointSchema } from './checkpoints.ts';
import { programEndSchema } from './classify-end.ts';
import { identitySchema } from './processes.ts';

export const recordSchema = z.object({
  order: runOrderSchema,
  /** Null until its process was there. */
  leader: identitySchema.nullable(),
  /** As last reported, or about to be. */
  report: attemptReportSchema,
  /** How its program ended, when that is to be judged and what it made to be brought away; null: not yet. */
  end: programEndSchema.nullable().default(null),
  /** The newest checkpoint that is here and not in the store. */
  checkpoint: seenCheckpointSchema.nullable().default(null),
});
export type JobRecord = z.infer<typeof recordSchema>;

export class JobFolder {
  readonly path: string;
  readonly work: string;

  constructor(dataDirectory: string, attemptId: AttemptId) {
    this.path = join(dataDirectory, 'attempts', attemptId);
    this.work = join(this.path, 'work');
  }

  get jobFile(): string {
    return join(this.work, 'job.json');
  }
  get output(): string {
    return join(this.work, 'out');
  }
  get checkpoint(): string {
    return join(this.work, 'state', 'checkpoint');
  }

  /** `uid`: whose the program's own part is; null: the agent's. */
  make(order: RunOrder, uid: number | null): void {
    // Its owner passes through what is not his.
    mkdirSync(this.path, { recursive: true, mode: 0o711 });
    const mine = [this.work, this.output, join(this.work, 'state'), join(this.work, 'tmp')];
    for (const directory of mine) mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { prompt, parameters, jobId, attemptId, kind } = order;
    writeFileSync(this.jobFile, JSON.stringify({ jobId, attemptId, kind, prompt, parameters }), {
      mode: 0o600,
    });
    if (uid !== null) for (const path of [...mine, this.jobFile]) chownSync(path, uid, uid);
  }

  write(record: JobRecord): void {
    const path = join(this.path, 'record.json');
    mkdirSync(this.path, { recursive: true });
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }

  /** Null where there is none, or one that cannot be read. */
  read(): JobRecord | null {
    const path = join(this.path, 'record.json');
    if (!existsSync(path)) return null;
    try {
      return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch {
      return null;
    }
  }

  /** Whose the program's own part is; null: the agent's, or there is none. */
  owner(): number | null {
    const uid = statSync(this.work, { throwIfNoEntry: false })?.uid;
    return uid === undefined || uid === process.getuid?.() ? null : uid;
  }

  isDiskFull(): boolean {
    try {
      const { bavail, bsize } = statfsSync(this.work);
      return bavail * bsize < limits.gpuAgent.run.freeBytesMin;
    } catch {
      return false;
    }
  }

  /** What the program wrote goes at once, when nobody needs it any more. */
  removeWork(): void {
    rmSync(this.work, { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function attemptsOnDisk(dataDirectory: string): AttemptId[] {
  const directory = join(dataDirectory, 'attempts');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => {
    const parsed = attemptIdSchema.safeParse(name);
    return parsed.success ? [parsed.data] : [];
  });
}
