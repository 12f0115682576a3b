/**
 * An attempt's checkpoints on their way to the store. A program writes each beside and renames it, so that what is opened
 * is whole and stays so while the next is written. Of those that come while one is under way only the newest goes. What is
 * here and not in the store is on record: where the agent dies, the next one goes on with it.
 */
import { type FileHandle, stat } from 'node:fs/promises';
import type { Logger } from '@cellbook/shared/log.ts';
import { checkpointKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { z } from 'zod';
import type { Objects } from '../objects/objects.ts';
import type { JobFolder } from './job-folder.ts';
import { openInside } from './open-inside.ts';
import { bootId } from './processes.ts';

/** One that the program has written. */
export const seenCheckpointSchema = z.object({
  /** Of its key; each has its own, also those that never went. */
  number: z.int().positive(),
  savedMs: z.number().nonnegative(),
  /** Which file it is, while this boot lasts: what was not yet on the disk is gone with the next. */
  signature: z.string(),
  bootId: z.string(),
});
export type SeenCheckpoint = z.infer<typeof seenCheckpointSchema>;

export interface Saved {
  /** Of the whole job's running time. */
  savedMs: number;
  checkpointKey: string | null;
}

type CheckpointFiles = Pick<JobFolder, 'checkpoint' | 'work'>;

export interface CheckpointTools {
  objects: Objects;
  log: Logger;
  signal: AbortSignal;
  /** One is here. */
  seen(): void;
  /** One is in the store. */
  stored(): void;
}

export class Checkpoints {
  readonly #order: RunOrder;
  readonly #folder: CheckpointFiles;
  readonly #tools: CheckpointTools;
  #saved: Saved;
  #baseMs = 0;
  #count = 0;
  #signature = '';
  #waiting: SeenCheckpoint | null = null;
  #unstored: SeenCheckpoint | null = null;
  #underWay: Promise<void> | null = null;

  constructor(order: RunOrder, folder: CheckpointFiles, tools: CheckpointTools) {
    this.#order = order;
    this.#folder = folder;
    this.#tools = tools;
    const { savedMs, checkpointKey } = order;
    this.#saved = { savedMs: checkpointKey === null ? 0 : savedMs, checkpointKey };
  }

  get saved(): Saved {
    return this.#saved;
  }
  set saved({ savedMs, checkpointKey }: Saved) {
    this.#saved = { savedMs, checkpointKey };
  }
  /** The newest that is here and not in the store. */
  get unstored(): SeenCheckpoint | null {
    return this.#unstored;
  }

  /** Puts the one it goes on from where the program looks for it. One that is gone is no reason not to begin anew. */
  async fetch(own: (path: string) => void): Promise<void> {
    const { checkpointKey, savedMs } = this.#order;
    const path = this.#folder.checkpoint;
    const there =
      checkpointKey !== null && (await this.#tools.objects.download(checkpointKey, path, this.#tools.signal));
    if (there) own(path);
    else if (checkpointKey !== null)
      this.#tools.log.warn({ checkpointKey }, 'the checkpoint is gone: it starts anew');
    this.#baseMs = there ? savedMs : 0;
    if (!there) this.#saved = { savedMs: 0, checkpointKey: null };
    this.#signature = await this.#signatureNow();
  }

  /** Looks whether the program has saved; `ranMs`: how long it had surely run by then. */
  async look(ranMs: number): Promise<void> {
    const signature = await this.#signatureNow();
    if (signature === this.#signature) return;
    this.#signature = signature;
    this.#go({ number: ++this.#count, savedMs: this.#baseMs + ranMs, signature, bootId: bootId() });
  }

  /** What an earlier agent had seen and not brought, or what its program wrote over it since. */
  async goOn(seen: SeenCheckpoint): Promise<void> {
    const signature = await this.#signatureNow();
    const number = signature === seen.signature ? seen.number : seen.number + 1;
    if (signature !== '') this.#go({ ...seen, number, signature });
    await this.settled();
  }

  #go(seen: SeenCheckpoint): void {
    this.#waiting = this.#unstored = seen;
    this.#tools.seen();
    this.#underWay ??= this.#bring()
      .catch((error) => this.#tools.log.warn({ err: error }, 'a checkpoint could not be closed'))
      .finally(() => {
        this.#underWay = null;
      });
  }

  /** Until all that was seen is in the store, or could not be brought there. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  async #bring(): Promise<void> {
    const { objects, log, signal, stored } = this.#tools;
    while (this.#waiting !== null) {
      const bringing = this.#waiting;
      this.#waiting = null;
      const { number, savedMs } = bringing;
      const key = checkpointKeyOf(this.#order.jobId, this.#order.attemptId, number);
      let file: FileHandle | null = null;
      try {
        file = await openInside(this.#folder.checkpoint, this.#folder.work);
        if (!file) return;
        await objects.upload(key, file, signal);
        if (this.#unstored === bringing) this.#unstored = null;
        this.#saved = { savedMs, checkpointKey: key };
        stored();
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error, key }, 'a checkpoint could not be brought to the store');
      } finally {
        await file?.close();
      }
    }
  }

  async #signatureNow(): Promise<string> {
    const found = await stat(this.#folder.checkpoint).catch(() => null);
    return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : '';
  }
}
