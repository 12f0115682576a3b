/**
 * Names in a home that are ours: files on their way in, and the directory of installed packages
 * (cells/src/environments). They are never captured with the files, listed or served.
 */
const reservedPrefix = '.cellbook-';

export const reservedName = <Name extends string>(name: Name) => `${reservedPrefix}${name}` as const;
export const temporaryName = (unique: string): string => reservedName(`incoming-${unique}`);
export const isReserved = (name: string): boolean => name.startsWith(reservedPrefix);
