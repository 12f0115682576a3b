import { createHash } from 'node:crypto';

/** What a file held, for a change that must not overwrite somebody else's. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
