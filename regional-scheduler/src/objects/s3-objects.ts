/** Whole objects in S3 or anything that speaks it, which acknowledges a put when it is durable. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { limits } from '@cellbook/shared/limits.ts';
import type { WholeObjects } from './whole-objects.ts';

export interface S3Location {
  bucket: string;
  /** Put before every key, with its own slash; empty for the whole bucket. */
  prefix: string;
  client: S3ClientConfig;
}

export function createS3Objects({ bucket, prefix, client: config }: S3Location): WholeObjects {
  const client = new S3Client({
    ...config,
    maxAttempts: limits.scheduler.s3Attempts,
    // A checksum at the end of a stream is framed in a way that not everything which speaks S3 understands; ours was
    // compared with the agent's before.
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + key });
  const within = () => ({ abortSignal: AbortSignal.timeout(limits.scheduler.s3Ms) });
  return {
    size: (key) =>
      orMissing(async () => {
        const { ContentLength } = await client.send(new HeadObjectCommand(at(key)), within());
        return ContentLength ?? 0;
      }),
    read: (key, range) =>
      orMissing(async () => {
        const Range = range && `bytes=${range.first}-${range.last}`;
        // Its bytes may flow for longer than its answer takes to begin.
        const { Body } = await client.send(new GetObjectCommand({ ...at(key), Range }));
        return Body instanceof Readable ? Body : null;
      }),
    async keep(key, path, bytes) {
      const Body = createReadStream(path);
      await client.send(new PutObjectCommand({ ...at(key), Body, ContentLength: bytes }), within());
      await rm(path, { force: true });
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand(at(key)), within());
    },
    async list(folder) {
      const keys: string[] = [];
      let from: { ContinuationToken?: string } | null = {};
      while (from) {
        const page: ListObjectsV2CommandOutput = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + folder, ...from }),
          within(),
        );
        for (const { Key } of page.Contents ?? []) if (Key) keys.push(Key.slice(prefix.length));
        const token = page.NextContinuationToken;
        from = token === undefined ? null : { ContinuationToken: token };
      }
      return keys;
    },
  };
}

async function orMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
    throw error;
  }
}
