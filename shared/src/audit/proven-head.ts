/**
 * Up to where the beginning of a chain may be removed: through a row that a signed checkpoint names, and only if
 * the rows from the chain's beginning (or the removal before) lead to it without a gap and with the very hash that
 * was signed. A chain that somebody has changed is so never made right by being shortened.
 */
import { type ChainHead, type ChainRow, chainedText, emptyChain, sha256Hex } from './chain.ts';
import { type AuditPublicKey, readStatement } from './statements.ts';

export interface Prefix {
  chain: string;
  keys: readonly AuditPublicKey[];
  /** Where the chain begins; null: with its first row. */
  removal: string | null;
  checkpoint: string;
  /** In order of `seq`, from the beginning; read no further than the checkpoint. */
  rows: AsyncIterable<ChainRow>;
}

/** Null: it is not proven, and nothing is to be removed. */
export async function provenHead(given: Prefix): Promise<ChainHead | null> {
  const { chain, keys, removal } = given;
  const checkpoint = await readStatement(given.checkpoint, chain, keys);
  const begin = removal === null ? emptyChain : await readStatement(removal, chain, keys);
  if (checkpoint?.kind !== 'checkpoint' || begin === null) return null;
  let at: ChainHead = begin;
  for await (const row of given.rows) {
    const isNext = row.seq === at.seq + 1 && row.prev === at.hash;
    if (!isNext || row.hash !== (await sha256Hex(chainedText(chain, row)))) return null;
    at = row;
    if (at.seq < checkpoint.seq) continue;
    return at.seq === checkpoint.seq && at.hash === checkpoint.hash ? { seq: at.seq, hash: at.hash } : null;
  }
  return null;
}
