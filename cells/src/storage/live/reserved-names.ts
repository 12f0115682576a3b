/**
 * Names in a home that are ours: files on their way in, and the sentinel that tells an emptied host from a
 * user who deleted everything (see heal in live-volume.ts). They are never captured, listed or served.
 */
const reservedPrefix = '.cellbook-';

export const sentinelName = `${reservedPrefix}home`;
export const temporaryName = (unique: string): string => `${reservedPrefix}incoming-${unique}`;
export const isReserved = (name: string): boolean => name.startsWith(reservedPrefix);
export const isTemporary = (name: string): boolean => name.startsWith(temporaryName(''));
