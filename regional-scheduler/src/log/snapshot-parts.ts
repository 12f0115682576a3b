/**
 * A snapshot's parts, compressed with zstd at its fastest. The next is unpacked, by another thread, while whoever loads
 * them still fills its tables with the one before.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export async function* pack(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await compress(part, fastest);
}

export async function* unpack(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let before: Promise<Uint8Array> | null = null;
  for await (const part of parts) {
    const unpacking = decompress(part);
    // Whoever waits for it hears of its failure.
    unpacking.catch(() => {});
    if (before) yield await before;
    before = unpacking;
  }
  if (before) yield await before;
}
