/** How the cell asks things of the edge by itself; null where it is not told how, and stands alone. */
import { openPublicKeys } from '../api/access/public-keys.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { readCellKey } from '../edge/cell-key.ts';
import { createEdgeClient, type EdgeClient } from '../edge/edge-client.ts';

/** Throws `not_configured` when the key that the configuration names cannot be used. */
export async function openEdge(
  { cellId, edge, edgePublicKeysFile }: CellConfig,
  { clock, log }: CellTools,
): Promise<EdgeClient | null> {
  if (edge === null) {
    log.warn('no CELLBOOK_EDGE_URL and CELLBOOK_CELL_KEY: an organisation has its whole quota in this cell');
    return null;
  }
  return createEdgeClient({
    ...{ cellId, clock, edgeUrl: edge.url },
    key: await readCellKey(edge.keyFile),
    edgeKeys: await openPublicKeys(edgePublicKeysFile, clock),
  });
}
