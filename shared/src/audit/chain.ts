/**
 * The hash chain that makes an audit log tamper-evident. One chain per cell and one at the edge:
 *
 *   seq    1            2            3         …      without gaps
 *   prev   000…0        hash of 1    hash of 2
 *   body   the event as canonical JSON, the very text that is hashed and stored
 *   hash   sha256("cellbook-audit-1" \n chain \n seq \n prev \n body), hex
 *
 * Changing, removing, adding or moving a row breaks the row itself or the link after it. Rewriting everything
 * from some row on, or cutting the tail off, leaves a chain that is right in itself: that is what the signed
 * checkpoints (statements.ts) are for.
 */
export interface ChainHead {
  seq: number;
  hash: string;
}

export interface ChainRow extends ChainHead {
  prev: string;
  body: string;
}

export const emptyChain: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** What a row's hash is taken of. */
export const chainedText = (chain: string, { seq, prev, body }: Omit<ChainRow, 'hash'>): string =>
  `cellbook-audit-1\n${chain}\n${seq}\n${prev}\n${body}`;

/** SHA-256 in hex, wherever Web Crypto is. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The rows that carry these bodies on from a head. */
export async function continueChain(chain: string, head: ChainHead, bodies: readonly string[]) {
  const rows: ChainRow[] = [];
  let { seq, hash: prev } = head;
  for (const body of bodies) {
    seq += 1;
    const hash = await sha256Hex(chainedText(chain, { seq, prev, body }));
    rows.push({ seq, prev, hash, body });
    prev = hash;
  }
  return rows;
}
