/**
 * The store that a URL names: `file:/dir`, `memory:`, or
 * `s3://bucket/prefix?region=eu-1&endpoint=http://127.0.0.1:9000&pathStyle=true` with credentials from the
 * SDK's usual places (environment, profile, role) or `accessKeyId` and `secretAccessKey` for tests.
 */
import { fileURLToPath } from 'node:url';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { createDirectoryObjectStore } from './directory-object-store.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';
import type { ObjectStore } from './object-store.ts';
import { createRetryingObjectStore } from './retrying-object-store.ts';
import { createS3ObjectStore, type S3Location } from './s3-object-store.ts';

export interface ObjectStoreTools {
  clock: Clock;
  random: Random;
  /** Only where a test asks for it (shared/src/failpoint.ts). */
  failpoint?: Failpoint;
}

export function openObjectStore(url: string, tools: ObjectStoreTools): ObjectStore {
  return createRetryingObjectStore(openBare(url, tools), tools);
}

function openBare(text: string, { random, failpoint }: ObjectStoreTools): ObjectStore {
  const url = URL.parse(text);
  if (url?.protocol === 'file:') return createDirectoryObjectStore(fileURLToPath(url), random, failpoint);
  if (url?.protocol === 'memory:') return createMemoryObjectStore();
  if (url?.protocol === 's3:') return createS3ObjectStore(parseS3Location(url));
  throw new CellbookError('bad_request', {
    doing: 'opening the object store',
    problem: `${text} is not a file:, s3: or memory: URL`,
    next: 'Set CELLBOOK_OBJECTS to file:/a/directory or s3://bucket/prefix?region=….',
  });
}

const s3QuerySchema = z.strictObject({
  region: z.string().default('us-east-1'),
  endpoint: z.url().optional(),
  pathStyle: z.stringbool().default(false),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
});

export function parseS3Location(url: URL): S3Location {
  const query = s3QuerySchema.parse(Object.fromEntries(url.searchParams));
  const folder = url.pathname.replace(/^\/+|\/+$/g, '');
  const { accessKeyId, secretAccessKey } = query;
  return {
    bucket: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    client: {
      region: query.region,
      forcePathStyle: query.pathStyle,
      ...(query.endpoint ? { endpoint: query.endpoint } : {}),
      ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    },
  };
}
