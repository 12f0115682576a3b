/** The pins that a start publishes: what was last published, over the cells as they are now. */
import { readFile } from 'node:fs/promises';
import { layoutDocument, shareOut, signPins, withCells } from '@cellbook/shared/pins/build.ts';
import { type Cell, type Layout, type Pins, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { createLocalJWKSet, type JWK } from 'jose';

/** A document of the next epoch, or null where the last one says the same. */
export async function nextPins(options: {
  last: Pins | null;
  cells: readonly Cell[];
  key: JWK;
}): Promise<{ epoch: number; jws: string } | null> {
  const { last, cells, key } = options;
  const layout = last ? withCells(last, cells) : shareOut(cells);
  const rollout = last?.rollout && { ...last.rollout, previous: withCells(last.rollout.previous, cells) };
  if (last && same(last, layout) && (!rollout || same(last.rollout?.previous ?? null, rollout.previous)))
    return null;
  const epoch = (last?.epoch ?? 0) + 1;
  const document = {
    epoch,
    ...layoutDocument(layout),
    ...(rollout && { rollout: { buckets: rollout.buckets, previous: layoutDocument(rollout.previous) } }),
  };
  return { epoch, jws: await signPins(document, key) };
}

/** The pins at `path`; null where there are none that one of these keys has signed. */
export async function readPins(path: string, publicKeys: JWK[]): Promise<Pins | null> {
  const jws = await readFile(path, 'utf8').catch(() => null);
  const keys = createLocalJWKSet({ keys: publicKeys });
  return jws === null ? null : verifyPins(jws.trim(), keys).catch(() => null);
}

function same(one: Layout | null, other: Layout): boolean {
  return one !== null && JSON.stringify(layoutDocument(one)) === JSON.stringify(layoutDocument(other));
}
