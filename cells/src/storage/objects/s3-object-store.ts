/**
 * Objects in S3 or anything that speaks it. Objects never change, so nothing but put, get, head, delete and
 * list is asked for, and no compare-and-swap. S3 acknowledges a put when it is durable.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { checkObjectKey } from './object-key.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Reads } from './s3-reads.ts';

export interface S3Location {
  bucket: string;
  /** Put before every key, with its own slash; empty for the whole bucket. */
  prefix: string;
  client: S3ClientConfig;
}

export function createS3ObjectStore({ bucket, prefix, client: config }: S3Location): ObjectStore {
  // Retries are ours (retrying-object-store.ts), under one deadline; the SDK's would multiply with them.
  const client = new S3Client({ ...config, maxAttempts: 1 });
  const at = (key: string) => ({ Bucket: bucket, Key: prefix + checkObjectKey(key) });
  const read = createS3Reads(client, {
    bucket,
    pathStyle: config.forcePathStyle === true,
    endpoint: typeof config.endpoint === 'string' ? config.endpoint : null,
  });
  const within = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {});
  return {
    async put(key, bytes, signal) {
      await client.send(new PutObjectCommand({ ...at(key), Body: bytes }), within(signal));
    },
    async get(key, signal) {
      const { Key, Bucket } = at(key);
      const bytes = await read(Key, signal);
      if (bytes !== 'refused') return bytes;
      // Once more, by who knows what such an answer says: another clock than ours, say, or keys that have run out.
      return orMissing(null, async () => {
        const answer = await client.send(new GetObjectCommand({ Bucket, Key }), within(signal));
        return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      });
    },
    has: (key, signal) =>
      orMissing(false, async () => {
        await client.send(new HeadObjectCommand(at(key)), within(signal));
        return true;
      }),
    async delete(key, signal) {
      await orMissing(null, () => client.send(new DeleteObjectCommand(at(key)), within(signal)));
    },
    async *list(keyPrefix, signal) {
      // By the last key (version 1 of the call), not by a token: some servers' tokens do not work.
      let Marker: string | undefined;
      do {
        const query = { Bucket: bucket, Prefix: prefix + keyPrefix, Marker };
        const page = await client.send(new ListObjectsCommand(query), within(signal));
        for (const { Key } of page.Contents ?? []) if (Key) yield Key.slice(prefix.length);
        Marker = page.IsTruncated ? page.Contents?.at(-1)?.Key : undefined;
      } while (Marker);
    },
  };
}

async function orMissing<T>(missing: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return missing;
    throw error;
  }
}
