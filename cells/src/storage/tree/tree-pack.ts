/**
 * All directories of a tree in one object, `packs/<hash of the tree>`: whoever wants them all (a host that is given the
 * files) waits for one answer, and not for as many as there are directories. Nothing refers to it and nothing rests on it:
 * each directory in it is known by the hash of its bytes, and what is not in it is read by itself.
 *
 *     zstd( u32 length │ directory object │ u32 length │ directory object │ … )
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { limits } from '@cellbook/shared/limits.ts';

const lengthBytes = 4;
/** What a directory takes in a pack. */
export const packedBytes = (directory: Uint8Array): number => lengthBytes + directory.length;
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export function encodePack(directories: readonly Buffer[]): Promise<Buffer> {
  const parts = directories.flatMap((directory) => {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32LE(directory.length);
    return [length, directory];
  });
  return promisify(zstdCompress)(Buffer.concat(parts), fastest);
}

/** Throws for what is none. */
export async function decodePack(
  pack: Buffer,
  bytesMax: number = limits.storage.packs.bytesMax,
): Promise<Buffer[]> {
  const bytes = await promisify(zstdDecompress)(pack, { maxOutputLength: bytesMax });
  const directories: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + lengthBytes + bytes.readUInt32LE(at);
    if (end > bytes.length) throw new RangeError('a pack ends within a directory');
    directories.push(bytes.subarray(at + lengthBytes, end));
    at = end;
  }
  return directories;
}
