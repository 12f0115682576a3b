import { CellbookError } from '@cellbook/shared/errors.ts';

/** Names of letters, digits, `-`, `_` and dots (never first), joined by slashes: safe as a path and in S3. */
const keyPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const keyLengthMax = 512;

/** The volume that an object belongs to; the key itself where it is none's. */
export const volumeIdOfKey = (key: string): string => /vol-\w+/.exec(key)?.[0] ?? key;

export function checkObjectKey(key: string): string {
  if (key.length <= keyLengthMax && keyPattern.test(key)) return key;
  throw new CellbookError('internal', { doing: 'naming an object', problem: `${key} is no object key` });
}
