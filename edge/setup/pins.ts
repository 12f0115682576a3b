/** Makes and signs a pin document (src/route/pins.ts) that shares each region's buckets out over its cells. */
import type { RegionId } from '@cellbook/shared/ids.ts';
import { base64url, CompactSign, importJWK, type JWK } from 'jose';
import { bucketCount, type Cell } from '../src/route/pins.ts';

export async function signPins(options: {
  epoch: number;
  cells: readonly Cell[];
  key: JWK;
}): Promise<string> {
  const { epoch, cells, key } = options;
  const regions: Record<RegionId, string> = {};
  for (const { region } of cells) {
    const indexes = cells.flatMap((cell, index) => (cell.region === region ? [index] : []));
    regions[region] = encodeTable(indexes);
  }
  const document = JSON.stringify({ epoch, cells, regions, overrides: {} });
  return new CompactSign(new TextEncoder().encode(document))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid ?? 'pins' })
    .sign(await importJWK(key, 'EdDSA'));
}

/** Buckets given to `cellIndexes` in turn: little-endian u16, base64url. */
export function encodeTable(cellIndexes: readonly number[]): string {
  const bytes = new Uint8Array(bucketCount * 2);
  const view = new DataView(bytes.buffer);
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    view.setUint16(bucket * 2, cellIndexes[bucket % cellIndexes.length] ?? 0, true);
  }
  return base64url.encode(bytes);
}
