/** Names in a home that are ours: files on their way in. They are never captured, listed or served. */
const reservedPrefix = '.cellbook-';

export const temporaryName = (unique: string): string => `${reservedPrefix}incoming-${unique}`;
export const isReserved = (name: string): boolean => name.startsWith(reservedPrefix);
