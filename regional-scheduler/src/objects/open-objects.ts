/**
 * The store that a URL names: `file:/dir`, or `s3://bucket/prefix?region=eu-1&endpoint=http://…&pathStyle=true` with
 * credentials from the SDK's usual places (environment, profile, role) or `accessKeyId` and `secretAccessKey` for tests.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { createDirectoryObjects } from './directory-objects.ts';
import type { ObjectStore } from './object-store.ts';
import { createS3Objects } from './s3-objects.ts';
import { createUploadStore } from './upload-store.ts';
import type { WholeObjects } from './whole-objects.ts';

/** Pieces of what is not whole yet lie in the data directory. */
export function openObjects(url: string, dataDirectory: string): ObjectStore {
  const { protocol } = URL.parse(url) ?? {};
  // A rename must stay within one file system.
  const beside =
    protocol === 'file:' ? join(fileURLToPath(url), '.incoming') : join(dataDirectory, 'incoming');
  return createUploadStore(beside, openWhole(url));
}

function openWhole(text: string): WholeObjects {
  const url = URL.parse(text);
  if (url?.protocol === 'file:') return createDirectoryObjects(fileURLToPath(url));
  if (url?.protocol === 's3:') return openS3(url);
  throw new CellbookError('bad_request', {
    doing: 'opening the object store',
    problem: `${text} is not a file: or s3: URL`,
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

function openS3(url: URL): WholeObjects {
  const query = s3QuerySchema.parse(Object.fromEntries(url.searchParams));
  const folder = url.pathname.replace(/^\/+|\/+$/g, '');
  const { accessKeyId, secretAccessKey } = query;
  return createS3Objects({
    bucket: url.hostname,
    prefix: folder === '' ? '' : `${folder}/`,
    client: {
      region: query.region,
      forcePathStyle: query.pathStyle,
      ...(query.endpoint ? { endpoint: query.endpoint } : {}),
      ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    },
  });
}
