/**
 * What can be known of a layout before anybody goes by it: it is well-formed and small enough, every cell that it
 * gives anybody to answers under its own name, no region that has people is left without cells, and nobody who
 * lives somewhere would be sent elsewhere.
 */
import { layoutDocument, signPins } from '@cellbook/shared/pins/build.ts';
import { type Layout, type Pins, parseLayout, verifyPins } from '@cellbook/shared/pins/pins.ts';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Remote } from './remote.ts';

export interface Finding {
  /** Publishing with it would cut users off. */
  isError: boolean;
  text: string;
}

const error = (text: string): Finding => ({ isError: true, text });

export async function verifyLayout(
  remote: Remote,
  key: JWK,
  current: Pins | null,
  next: Layout,
): Promise<Finding[]> {
  const lost = [...(current?.tables.keys() ?? [])].filter((region) => !next.tables.has(region));
  const shape = await wellFormed(next, key);
  if (shape !== null) return [error(shape)];
  const checked = await Promise.all(
    next.cells.map(async (cell): Promise<Finding[]> => {
      const answer = await remote.check(cell);
      if (answer.ok) return [];
      const used = usedCells(next).has(cell.id);
      return [{ isError: used, text: `cell ${cell.id} (${cell.url}): ${answer.problem}` }];
    }),
  );
  return [
    ...lost.map((region) => error(`region ${region} has cells now, and none by this table`)),
    ...checked.flat(),
    ...(await leavingFindings(remote, key, current, next)),
  ];
}

async function leavingFindings(
  remote: Remote,
  key: JWK,
  current: Pins | null,
  next: Layout,
): Promise<Finding[]> {
  if (current === null) return [];
  const jws = await signPins({ epoch: current.epoch + 1, ...layoutDocument(next) }, key);
  const asked = await Promise.all(
    current.cells.map(async (cell) => {
      const preview = await remote.preview(cell, jws);
      if (!preview.ok)
        return { isError: false, text: `who lives in ${cell.id} is not known: ${preview.problem}` };
      const { leaving, users } = preview.value;
      if (leaving === 0) return null;
      const names = users.slice(0, 3).map(({ userId }) => userId);
      return error(`${leaving} who live in ${cell.id} would be sent elsewhere: ${names.join(', ')}…`);
    }),
  );
  return asked.filter((finding) => finding !== null);
}

/** Signed, verified and read as an edge would; the problem, or null. */
async function wellFormed(layout: Layout, key: JWK): Promise<string | null> {
  try {
    parseLayout(layoutDocument(layout));
    const jws = await signPins({ epoch: 1, ...layoutDocument(layout) }, key);
    await verifyPins(jws, await publicKeyOf(key));
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'malformed';
  }
}

export async function publicKeyOf({ d: _private, ...jwk }: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, 'EdDSA');
  if (key instanceof Uint8Array) throw new Error('the pin key is no Ed25519 key');
  return key;
}

/** Cells that a bucket or an override gives somebody to. */
export function usedCells(layout: Layout): Set<string> {
  const used = new Set<string>();
  for (const table of layout.tables.values())
    for (const index of new Set(table)) used.add(layout.cells[index]?.id ?? '');
  for (const cells of layout.overrides.values()) for (const { id } of cells) used.add(id);
  return used;
}
